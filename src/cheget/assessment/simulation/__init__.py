"""An agent-by-agent simulator that shares nothing with the exact method but the parser.

It reads the rules of ``spec/assessment.md`` once more, as they stand there, and follows people,
seats and clocks run by run. Where both agree, two readings of the rules agree.
"""
