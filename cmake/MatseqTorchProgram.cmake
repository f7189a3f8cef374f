# matseq_torch_program(TARGET): a program of this tree that includes LibTorch.
function(matseq_torch_program target)
  target_link_libraries(${target} PRIVATE matseq_training)
  matseq_use_libtorch_header(${target})
  target_compile_options(${target} PRIVATE -fPIC)  # as the precompiled header was, not -fPIE
endfunction()
