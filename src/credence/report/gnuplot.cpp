#include "credence/report/gnuplot.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credence/base/descriptor.h"
#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr const char* preamble =
    "set encoding utf8\n"
    "set datafile missing 'NaN'\n"
    "set border 3 lc rgb '#444444'\n"
    "set tics nomirror out scale 0.6\n"
    "set grid lc rgb '#dddddd' lt 1 lw 0.6\n"
    "set offsets graph 0.02, graph 0.02, graph 0.03, graph 0.03\n"
    "set key tmargin right horizontal noenhanced samplen 1.5\n";

/// Names come from recipes: none may end the line, and so its text, and begin a command.
bool is_control(char letter) {
  return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
}

/// What a program writes to its standard error. It must end by itself.
struct Finished {
  int error = 0;  ///< of starting it; 0: it was started
  int status = 0;
  std::string said;
};

Finished run_program(const std::string& program, const std::string& argument,
                     const std::filesystem::path& folder) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {.error = errno};
  Descriptor from(ends[0]), to(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDERR_FILENO);
  // No shell, and no ~/.gnuplot: plots are the same everywhere.
  std::string name = program, settings = "--default-settings", script = argument;
  const std::array<char*, 4> arguments{name.data(), settings.data(), script.data(), nullptr};
  pid_t child = 0;
  Finished finished;
  finished.error =
      ::posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  to.close();
  std::array<char, 4096> buffer{};
  while (finished.error == 0) {
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    finished.said.append(buffer.data(), static_cast<std::size_t>(count));
  }
  from.close();
  while (finished.error == 0 && ::waitpid(child, &finished.status, 0) < 0 && errno == EINTR) {
  }
  return finished;
}

/// The first line of a program that Credence wrote.
std::string first_line(const std::string& name) {
  return concat("# Writes ", name, ".svg and ", name, ".png.\n");
}

/// Earlier plots of what there is no more would be taken for ones of now. What Credence did not
/// write stays.
void remove_other_plots(const std::vector<GnuplotPlot>& plots,
                        const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> others;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& file = entry->path();
    const std::string name = file.stem().string();
    std::error_code unknown;
    const bool is_ours = file.extension() == ".gp" && fs::is_regular_file(file, unknown) &&
                         read_file(file).starts_with(first_line(name));
    if (is_ours && std::ranges::find(plots, name, &GnuplotPlot::name) == plots.end())
      others.push_back(name);
  }
  for (const std::string& other : others)
    for (const char* const extension : {".gp", ".svg", ".png"}) {
      const fs::path file = folder / (other + extension);
      fs::remove(file, error);
      require<IoError>(!error, file.string(), ": cannot be removed: ", error.message());
    }
}

}  // namespace

std::string gnuplot_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) {
    // Doubled, an apostrophe at the beginning would end the text: gnuplot 5.4 takes '' as empty.
    if (letter == '\'')
      quoted += "\u2019";
    else
      quoted += is_control(letter) ? ' ' : letter;
  }
  return quoted + "'";
}

std::string gnuplot_column(const std::string& text) {
  std::string column = "\"";
  for (const char letter : text)
    column += is_control(letter) ? ' ' : letter == '"' ? '\'' : letter == '\\' ? '/' : letter;
  return column + "\"";
}

std::string gnuplot_script(const GnuplotPlot& plot) {
  std::string script = first_line(plot.name);
  for (const auto& [name, lines] : plot.blocks)
    script += concat("$", name, " << END_OF_DATA\n", lines, "END_OF_DATA\n");
  script += preamble;
  script +=
      "set terminal svg size 560,400 dynamic noenhanced font 'Helvetica,13' background "
      "'#ffffff'\n";
  script += concat("set output ", gnuplot_quoted(plot.name + ".svg"), "\n");
  for (const std::string& command : plot.commands) script += command + "\n";
  script +=
      "set terminal pngcairo size 1680,1200 noenhanced font 'Helvetica,11' fontscale 3 "
      "linewidth 3 pointscale 3 background '#ffffff'\n";
  script += concat("set output ", gnuplot_quoted(plot.name + ".png"), "\nreplot\nset output\n");
  return script;
}

void write_plots(const std::vector<GnuplotPlot>& plots, const std::filesystem::path& folder,
                 const std::string& program) {
  remove_other_plots(plots, folder);
  if (plots.empty()) return;
  make_directories(folder);
  for (const GnuplotPlot& plot : plots) {
    const std::string script = plot.name + ".gp";
    write_file(folder / script, gnuplot_script(plot));
    const Finished finished = run_program(program, script, folder);
    require<DataError>(finished.error != ENOENT, "no plots in ", folder.string(), ": ", program,
                       " was not found; they are made by gnuplot (Debian: gnuplot-nox)");
    require<DataError>(finished.error == 0, "no plots in ", folder.string(), ": ", program,
                       " cannot be started: ", std::strerror(finished.error));
    require<DataError>(WIFEXITED(finished.status) && WEXITSTATUS(finished.status) == 0,
                       (folder / script).string(), ": ", program, " failed: ", finished.said);
  }
}

}  // namespace credence
