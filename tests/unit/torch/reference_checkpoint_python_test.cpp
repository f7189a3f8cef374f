// What we export, read by PyTorch itself.
#include <gtest/gtest.h>

#include "python.h"
#include "reference/tensors/reference_checkpoint.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr const char* program = R"(
import sys, torch
d = torch.load(FOLDER + 'ours.pth', map_location='cpu')
if int(torch.__version__.split('.')[0]) >= 2:
    torch.load(FOLDER + 'ours.pth', map_location='cpu', weights_only=True)
reference = torch.load(MODEL, map_location='cpu')
assert type(d['encoder']) is type(reference['encoder']), type(d['encoder'])
for part in ('encoder', 'decoder'):
    assert list(d[part]) == list(reference[part])
    for name in d[part]:
        assert d[part][name].dtype == reference[part][name].dtype
        assert torch.equal(d[part][name], reference[part][name]), name
assert d['decoder']['proj.weight'].data_ptr() == d['decoder']['embeddings.weight'].data_ptr()
assert d['params'] == reference['params']
assert d['optimizer']['param_groups'] == reference['optimizer']['param_groups'], d['optimizer']['param_groups']
for key, state in reference['optimizer']['state'].items():
    ours = d['optimizer']['state'][key]
    assert list(ours) == list(state)
    assert ours['step'] == state['step'] and type(ours['step']) is int
    assert torch.equal(ours['exp_avg'], state['exp_avg'])
for key in ('epoch', 'n_total_iter', 'best_metrics', 'best_stopping_criterion'):
    assert d[key] == reference[key], key
)";

TEST(ReferenceCheckpointExport, PyTorchReadsWhatTheReferenceWrote) {
  const auto python = find_python({"torch"});
  if (!python) GTEST_SKIP() << "no Python with torch";
  const std::string model = MATSEQ_TEST_DATA "/golden/models/p1000_shared.pth";
  const TemporaryFolder folder;
  write_reference_checkpoint(folder / "ours.pth", read_reference_checkpoint(model));
  write_file(folder / "check_file.py",
             "FOLDER = '" + folder.path().string() + "/'\nMODEL = '" + model + "'\n" + program);
  EXPECT_TRUE(run_python(*python, folder / "check_file.py").has_value());
}

}  // namespace
}  // namespace matseq
