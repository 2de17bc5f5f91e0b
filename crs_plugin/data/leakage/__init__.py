"""Images and persons that are on both sides of a line that was drawn to keep them apart."""
