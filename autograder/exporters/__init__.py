"""One module a platform: its package made from a lab, and marks and feedback in its form."""
