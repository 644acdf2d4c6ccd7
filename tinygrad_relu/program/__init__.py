"""A pass as a program: symbols flow through the table of derivatives and leave lines of NumPy."""

from tinygrad_relu.program.names import Names
from tinygrad_relu.program.tape import Comments, Line, Program, name_all, program_of
