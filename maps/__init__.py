"""Folium maps of coverage and gaps, made from values."""
