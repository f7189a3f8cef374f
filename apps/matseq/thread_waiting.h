/// \file
/// How idle threads of LibTorch wait for work.
#pragma once

namespace matseq {

/// Lets OpenMP's threads sleep when they have nothing to do, unless the user's environment says how they shall wait.
/// By default they spin for milliseconds after every parallel operation, on cores that the threads which share out a
/// batch, or make the next ones, are waiting for: training a small model on two cores took half as long again.
/// To be called before LibTorch is loaded, as OpenMP looks at the environment once.
void let_idle_threads_sleep();

}  // namespace matseq
