"""The build of an image: one file a step, the pipeline that runs and unwinds them, the journal that remembers.

Nothing is imported here: a check asks the preflight alone, and pays for no SSH.
"""
