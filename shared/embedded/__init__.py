"""The data sets that are always there: drawn, or made from scikit-learn's digits, on any machine without a network."""
