"""The grader: it runs a submission behind a trust boundary and decides every mark outside it."""
