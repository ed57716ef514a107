// Preloaded, it is an MPI that was built without support of threads.
extern "C" int MPI_Query_thread(int* level) {
  *level = 0;  // MPI_THREAD_SINGLE, of every MPI
  return 0;
}
