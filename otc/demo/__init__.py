"""Demo tenants: invented companies whose books look alive, made from a seed.

The history ends on the day it is made and is laid out in months counted back from it: the same seed gives the same
customers, amounts, numbers of documents and days of the month, whatever the day. Only what calendars decide (month
lengths, weekends, ends of month) and the part of the running month that has elapsed differ from one day to another;
on one day two runs are equal to the cent. Nothing here is real: names are made up, SIRENs begin with 000 and were
never given out, addresses end in `.example`, IBANs are those of the standard's own examples.
"""
