/// \file
/// By which address other machines reach this one.
#pragma once

#include <string>

#include "distributed/rank_place.h"

namespace matseq {

/// The address of the network interface by which the ranks' meeting place is reached. A loopback address, by which many
/// systems know themselves, only where all ranks are on this machine. Throws Error when the place's name is not known.
std::string own_address(const RankPlace& place);

}  // namespace matseq
