target_sources(train_test PRIVATE support/counted_allocations.cpp)
