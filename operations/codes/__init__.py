"""The cafés' codes on paper: QR pictures and the sheets that are printed."""
