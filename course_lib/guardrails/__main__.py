"""`python -m course_lib.guardrails`: compute the shipped scores of NanoGuard anew."""

from course_lib.guardrails.kept_injection import SHIPPED, compute

if __name__ == "__main__":
    compute()
    print(f"Written: {SHIPPED}")
