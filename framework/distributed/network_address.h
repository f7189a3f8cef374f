/// \file
/// Where processes reach each other.
#pragma once

#include <cstdint>
#include <string>

#include "distributed/rank_place.h"

namespace matseq {

/// The address of the network interface by which the ranks' meeting place is reached. A loopback address, by which many
/// systems know themselves, only where all ranks are on this machine. Throws Error when the place's name is not known.
std::string own_address(const RankPlace& place);

/// A port of this machine that nothing listens on at the moment, for processes of it to meet. Throws Error where there
/// is none.
std::uint16_t free_port();

}  // namespace matseq
