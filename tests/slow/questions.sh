#!/usr/bin/env bash
# The same as tests/unit/test_questions.c with all questions, not every third.
QUESTIONS=all exec "${BUILD:-build}/tests/test_questions"
