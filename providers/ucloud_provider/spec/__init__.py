"""What is asked for: the arguments both sides share, their checks, their digest and what a change of them means."""
