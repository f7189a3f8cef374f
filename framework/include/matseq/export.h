/// \file
/// Marks what the framework's shared libraries export; everything else is hidden.
#pragma once

#define MATSEQ_API __attribute__((visibility("default")))
