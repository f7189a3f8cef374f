#include "command_line.h"

int main(int count, char** arguments) { return matseq::run_command_line(count, arguments); }
