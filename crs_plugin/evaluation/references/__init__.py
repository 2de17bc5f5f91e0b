"""What an encoder is compared with: one kind of reference a file."""
