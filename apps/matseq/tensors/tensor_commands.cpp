#include "tensor_commands.h"

#include "../tensor_library.h"

void matseq_add_tensor_commands(CLI::App& app) {
  matseq::add_training_commands(app);
  matseq::add_evaluation_commands(app);
  matseq::add_prediction_commands(app);
  matseq::add_reference_commands(app);
  matseq::add_export_commands(app);
}
