"""What happens beside the steps: metrics file, progress display, collapse watch, checkpoints."""
