"""Features as things of their own: kept, written, measured, laid out in the plane."""
