#pragma once

namespace credence::simulated {

/// Time as the ranks see it: the simulation's under SimGrid, else this machine's.
double seconds_now();
void sleep_for(double seconds);

}  // namespace credence::simulated
