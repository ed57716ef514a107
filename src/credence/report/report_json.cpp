#include "credence/report/report_json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include <nlohmann/json.hpp>

#include "credence/base/version.h"
#include "credence/report/metric_labels.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

/// Classes beyond which a confusion matrix is no longer readable.
constexpr std::size_t most_classes = 30;
constexpr std::size_t most_layers = 40;

Json figure(double value) {
  if (!std::isfinite(value)) return {};
  if (value == std::round(value) && std::abs(value) < 1e9) return static_cast<std::int64_t>(value);
  char text[32];
  std::snprintf(text, sizeof(text), "%.5g", value);
  return std::strtod(text, nullptr);
}

template <class Values>
Json figures(const Values& values) {
  Json json = Json::array();
  for (const auto value : values) json.push_back(figure(static_cast<double>(value)));
  return json;
}

Json named(const std::vector<NamedValue>& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = figure(value);
  return json;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = word << 8U | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += j <= count ? digits[word >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

Json json_of(const Curve& curve, std::size_t most_points) {
  const Curve thin = thinned(curve, most_points);
  return {{"name", thin.name},
          {"member", thin.member},
          {"epochs", figures(thin.epochs)},
          {"values", figures(thin.values)}};
}

Json json_of(const std::vector<Curve>& curves, std::size_t most_points) {
  Json json = Json::array();
  for (const Curve& curve : curves) json.push_back(json_of(curve, most_points));
  return json;
}

Json json_of(const Summary& s) {
  return {{"version", s.version},
          {"model", s.model},
          {"dataset", s.dataset},
          {"seed", s.seed},
          {"ranks", s.ranks},
          {"threads_per_rank", s.threads_per_rank},
          {"device", s.device},
          {"parameters", s.parameters},
          {"epochs", s.epochs},
          {"steps", s.steps},
          {"train_seconds", figure(s.train_seconds)},
          {"samples_per_sec", figure(s.samples_per_sec)},
          {"peak_rss_bytes", s.peak_rss_bytes},
          {"weights_sha256", s.weights_sha256},
          {"inference", named(s.inference)}};
}

Json json_of(const RunCourse& course) {
  return {{"model", course.model},
          {"dataset", course.dataset},
          {"parameters", course.parameters},
          {"seed", course.seed},
          {"ranks", course.ranks},
          {"threads_per_rank", course.threads_per_rank},
          {"member", course.member},
          {"epoch", course.epoch},
          {"epochs", course.epochs},
          {"step", course.step},
          {"epochs_done", course.epochs_done},
          {"steps", figure(course.steps())},
          {"has_ended", course.has_ended}};
}

Json json_of(const Profile& profile) {
  Json json{{"steps", profile.steps},
            {"seconds", figure(profile.seconds)},
            {"examples_per_step", figure(profile.examples_per_step)},
            {"rows", Json::array()}};
  for (const ProfileRow& row : profile.rows)
    json["rows"].push_back({{"phase", row.phase},
                            {"layer", row.layer},
                            {"seconds", figure(row.seconds)},
                            {"flops", figure(row.flops)}});
  return json;
}

Json json_of(const std::vector<WeightHistogram>& histograms) {
  Json json = Json::array();
  std::vector<std::string> layers;
  for (const WeightHistogram& histogram : histograms) {
    if (std::ranges::count(layers, histogram.layer) == 0) layers.push_back(histogram.layer);
    if (layers.size() > most_layers) break;
    json.push_back({{"epoch", histogram.epoch},
                    {"step", histogram.step},
                    {"layer", histogram.layer},
                    {"quantity", histogram.quantity},
                    {"edges", figures(histogram.edges)},
                    {"counts", figures(histogram.counts)}});
  }
  return json;
}

Json json_of(const ExampleImage& image) {
  if (image.empty()) return {};
  return {{"height", image.height},
          {"width", image.width},
          {"channels", image.channels},
          {"pixels", base64(image.pixels)}};
}

Json json_of(const ShownExample& example) {
  return {{"index", example.index},
          {"image", json_of(example.image)},
          {"truth", example.truth},
          {"predicted", example.predicted},
          {"probability", figure(example.probability)},
          {"truth_probability", figure(example.truth_probability)},
          {"predictive_entropy", figure(example.predictive_entropy)},
          {"mutual_information", figure(example.mutual_information)}};
}

Json json_of(const std::vector<ShownExample>& examples) {
  Json json = Json::array();
  for (const ShownExample& example : examples) json.push_back(json_of(example));
  return json;
}

Json json_of(const ReliabilityBin& bin) {
  const Interval interval = wilson_interval(bin.correct, bin.examples);
  return {{"lower", figure(bin.lower)},
          {"upper", figure(bin.upper)},
          {"examples", figure(bin.examples)},
          {"confidence", figure(bin.confidence / bin.examples)},
          {"accuracy", figure(bin.correct / bin.examples)},
          {"accuracy_lower", figure(interval.lower)},
          {"accuracy_upper", figure(interval.upper)}};
}

struct Confusion {
  std::size_t truth, predicted;
  std::int64_t examples;
};

/// Wrong predictions, the most frequent first.
std::vector<Confusion> most_frequent(const ClassificationFigures& figures, std::size_t most) {
  std::vector<Confusion> all;
  for (std::size_t truth = 0; truth < figures.confusion.size(); ++truth)
    for (std::size_t predicted = 0; predicted < figures.confusion.size(); ++predicted)
      if (truth != predicted && figures.confusion[truth][predicted] > 0)
        all.push_back({truth, predicted, figures.confusion[truth][predicted]});
  std::ranges::stable_sort(all, std::ranges::greater(), &Confusion::examples);
  if (all.size() > most) all.resize(most);
  return all;
}

Json json_of(const ClassificationFigures& figures) {
  Json json{{"examples", figures.examples},
            {"labels", figures.labels},
            {"confusion", figures.labels.size() <= most_classes ? Json(figures.confusion) : Json()},
            {"confusions", Json::array()},
            {"reliability", Json::array()},
            {"most_uncertain", json_of(figures.most_uncertain)},
            {"most_wrong", json_of(figures.most_wrong)},
            {"densities", Json::array()}};
  for (const Confusion& confusion : most_frequent(figures, 10))
    json["confusions"].push_back({{"truth", confusion.truth},
                                  {"predicted", confusion.predicted},
                                  {"examples", confusion.examples}});
  for (const ReliabilityBin& bin : figures.reliability) json["reliability"].push_back(json_of(bin));
  for (const PredictiveDensity& density : figures.densities) {
    Json draws = Json::array();
    for (const auto& of_class : density.draws) {
      Json shown = Json::array();  // three digits are what a chart shows
      for (std::size_t i = 0; i < std::min<std::size_t>(of_class.size(), 200); ++i)
        shown.push_back(std::round(1e3 * static_cast<double>(of_class[i])) / 1e3);
      draws.push_back(std::move(shown));
    }
    json["densities"].push_back({{"example", json_of(density.example)},
                                 {"why", density.why},
                                 {"classes", density.classes},
                                 {"draws", std::move(draws)}});
  }
  return json;
}

Json json_of(const RegressionFigures& of_run) {
  Json json{{"examples", of_run.examples},
            {"interval", of_run.interval},
            {"targets", Json::array()},
            {"coverage", Json::array()}};
  for (const RegressionTarget& target : of_run.targets) {
    Json groups = Json::array();
    for (const SigmaGroup& group : target.groups)
      groups.push_back({{"sigma", figure(group.sigma)},
                        {"error", figure(group.error)},
                        {"examples", figure(group.examples)}});
    json["targets"].push_back({{"name", target.name},
                               {"truth", figures(target.truth)},
                               {"predicted", figures(target.predicted)},
                               {"sigma", figures(target.sigma)},
                               {"lower", figures(target.lower)},
                               {"upper", figures(target.upper)},
                               {"groups", std::move(groups)}});
  }
  for (const CoveragePoint& point : of_run.coverage)
    json["coverage"].push_back(
        {{"nominal", figure(point.nominal)}, {"empirical", figure(point.empirical)}});
  return json;
}

Json json_of(const PosteriorSummary& posterior) {
  return {{"name", posterior.name},
          {"weights", posterior.weights},
          {"kl", figure(posterior.kl)},
          {"ratios", figures(posterior.ratios)},
          {"median_sigma", figure(posterior.median_sigma)},
          {"initial_sigma", figure(posterior.initial_sigma)},
          {"collapsed", figure(posterior.collapsed)}};
}

Json json_of(const PruningFigures& pruning) {
  Json json{{"weights", pruning.weights},
            {"examples", pruning.examples},
            {"samples", pruning.samples},
            {"points", Json::array()}};
  for (const PruningPoint& point : pruning.points)
    json["points"].push_back({{"share", figure(point.share)},
                              {"removed", point.removed},
                              {"values", named(point.values)}});
  return json;
}

Json json_of(const ReportedRun& run, std::size_t most_points) {
  Json json{{"name", run.name},
            {"path", run.path},
            {"config", run.config},
            {"environment", Json::parse(run.environment, nullptr, false)},
            {"summary", run.summary ? json_of(*run.summary) : Json()},
            {"course", json_of(run.course)},
            {"weights", run.weights},
            {"samples", run.samples},
            {"test", named(run.test)},
            {"by_epoch", json_of(run.curves.by_epoch, most_points)},
            {"by_step", json_of(run.curves.by_step, most_points)},
            {"profile", run.profile ? json_of(*run.profile) : Json()},
            {"histograms", json_of(run.histograms)},
            {"classification", run.classification ? json_of(*run.classification) : Json()},
            {"regression", run.regression ? json_of(*run.regression) : Json()},
            {"posteriors", Json::array()},
            {"loss", {{"nll", figure(run.loss.nll)}, {"kl", figure(run.loss.kl)}}},
            {"pruning", json_of(run.pruning)},
            {"findings", Json::array()},
            {"notes", Json::array()}};
  if (json["environment"].is_discarded()) json["environment"] = {};
  for (const PosteriorSummary& posterior : run.posteriors)
    json["posteriors"].push_back(json_of(posterior));
  for (const Finding& finding : run.findings)
    json["findings"].push_back(
        {{"what", finding.what}, {"why", finding.why}, {"advice", finding.advice}});
  for (const ReportedRun::Note& note : run.notes)
    json["notes"].push_back({{"section", note.section}, {"says", note.says}});
  return json;
}

}  // namespace

std::string report_json(std::span<const ReportedRun> runs) {
  const std::size_t most_points =
      std::max<std::size_t>(60, 600 / std::max<std::size_t>(1, runs.size()));
  Json json{{"version", full_version()}, {"metrics", Json::object()}, {"runs", Json::array()}};
  for (const auto& [metric, title, unit] : metric_labels())
    json["metrics"][std::string(metric)] = {{"title", title}, {"unit", unit}};
  for (const ReportedRun& run : runs) json["runs"].push_back(json_of(run, most_points));
  std::string text;
  for (const char letter : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (letter == '<')
      text += "\\u003c";
    else
      text += letter;
  }
  return text;
}

}  // namespace credence
