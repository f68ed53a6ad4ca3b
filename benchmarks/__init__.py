"""What is measured rather than tested: each prints a ratio of things taken in one run."""
