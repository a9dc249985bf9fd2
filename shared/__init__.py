"""What students and grader both use: data sets, plotting, bilingual texts, the public checks."""
