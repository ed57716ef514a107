#include "credence/cli/check_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "credence/base/table.h"
#include "credence/base/text.h"

namespace credence::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::failed:
      return "FAIL";
    case Verdict::skipped:
      break;
  }
  return "skipped";
}

std::string paragraph(const std::string& text) {
  return wrap_words(text, usual_columns);
}

/// "1.23e-05 +- 2e-07".
std::string with_error(const VarianceTrace& trace) {
  return fmt::format("{:.3g} +- {:.1g}", trace.value, trace.error);
}

const GradientVariance* own_of(const CheckReport& report) {
  const auto own =
      std::ranges::find(report.variances, report.estimator, &GradientVariance::estimator);
  return own == report.variances.end() ? nullptr : &*own;
}

double ratio(const VarianceTrace& trace, const VarianceTrace& own) {
  return trace.value / own.value;
}

/// Metrics that a pruning curve shows, of those that there are.
std::vector<std::string> shown_metrics(const CheckReport& report) {
  std::vector<std::string> names;
  for (const char* name : {"accuracy", "rmse", "nll"})
    for (const auto& [metric, value] : report.pruning.front().values)
      if (metric == name) names.emplace_back(name);
  return names;
}

double value_of(const PruningPoint& point, const std::string& name) {
  return std::ranges::find(point.values, name, &NamedValue::first)->second;
}

Json json_of(const VarianceTrace& trace, const VarianceTrace* own) {
  return {{"trace", trace.value},
          {"standard_error", trace.error},
          {"ratio", own ? Json(ratio(trace, *own)) : Json()}};
}

Json json_of(const CheckRow& row) {
  Json json{{"check", row.check}, {"verdict", text_of(row.verdict)}};
  const bool has_figure = row.verdict != Verdict::skipped;
  json["figure"] = has_figure ? Json(row.figure) : Json();
  json["limit"] = has_figure ? Json(row.limit) : Json();
  json["unit"] = row.unit;
  json["says"] = row.says;
  return json;
}

Json json_of(const PosteriorSummary& posterior) {
  Json quantiles = Json::object();
  for (std::size_t i = 0; i < posterior.ratios.size(); ++i)
    quantiles[fmt::format("{:g}", PosteriorSummary::levels[i])] = posterior.ratios[i];
  return {{"name", posterior.name},
          {"weights", posterior.weights},
          {"kl", posterior.kl},
          {"kl_per_weight", posterior.kl / static_cast<double>(posterior.weights)},
          {"signal_to_noise", quantiles},
          {"median_sigma", posterior.median_sigma},
          {"initial_sigma", posterior.initial_sigma},
          {"sigma_unmoved", posterior.stuck},
          {"collapsed", posterior.collapsed}};
}

}  // namespace

bool CheckReport::passed() const {
  return std::ranges::none_of(checks,
                              [](const CheckRow& row) { return row.verdict == Verdict::failed; });
}

std::string checks_text(const CheckReport& report) {
  Table table({{"check"}, {"verdict"}, {"figure", Align::right}, {"limit", Align::right}, {"of"}});
  for (const CheckRow& row : report.checks) {
    if (row.verdict == Verdict::skipped)
      table.add_row({row.check, "skipped", "", "", ""});
    else
      table.add_row({row.check, text_of(row.verdict), fmt::format("{:.2g}", row.figure),
                     fmt::format("{:g}", row.limit), row.unit});
  }
  std::string text = table.text(usual_columns) + "\n";
  for (const CheckRow& row : report.checks)
    text += hanging_paragraph("- ", concat(row.check, ": ", row.says), usual_columns);
  return text;
}

std::string variances_text(const CheckReport& report) {
  if (report.variances.empty()) return "gradient variance: no layer has a posterior\n";
  const GradientVariance* const own = own_of(report);
  Table table({{"gradient variance"},
               {"of mu", Align::right},
               {"ratio", Align::right},
               {"of rho", Align::right},
               {"ratio", Align::right}});
  const auto ratio_text = [&](const VarianceTrace& trace,
                              const VarianceTrace GradientVariance::*part) {
    return own ? fmt::format("{:.3g}", ratio(trace, own->*part)) : "";
  };
  for (const GradientVariance& variance : report.variances)
    table.add_row({variance.estimator + (&variance == own ? " (the recipe's)" : ""),
                   with_error(variance.mu), ratio_text(variance.mu, &GradientVariance::mu),
                   with_error(variance.rho), ratio_text(variance.rho, &GradientVariance::rho)});
  return table.text(usual_columns) + "\n" +
         paragraph(fmt::format(
             "Trace of the variance of the nll's gradient over the noise of a step, of {}, from n "
             "= {} pairs of draws.",
             counted(report.variance_options.examples, "example"), report.variance_options.pairs));
}

std::string posteriors_text(const CheckReport& report) {
  if (report.posteriors.empty())
    return "KL, signal to noise and collapse: no layer has a posterior\n";
  Table table({{"posterior"},
               {"weights", Align::right},
               {"kl, nats", Align::right},
               {"a weight", Align::right},
               {"|mu|/sigma 5%", Align::right},
               {"50%", Align::right},
               {"95%", Align::right},
               {"sigma", Align::right},
               {"collapsed", Align::right}});
  for (const PosteriorSummary& posterior : report.posteriors) {
    const auto figure = [](double value) { return fmt::format("{:.3g}", value); };
    table.add_row({posterior.name, with_thousands(posterior.weights),
                   fmt::format("{:.1f}", posterior.kl),
                   figure(posterior.kl / static_cast<double>(posterior.weights)),
                   figure(posterior.ratios.front()), figure(posterior.ratios[2]),
                   figure(posterior.ratios.back()), figure(posterior.median_sigma),
                   fmt::format("{:.1f}%", 100 * posterior.collapsed)});
  }
  return table.text(usual_columns) + "\n" +
         paragraph(fmt::format("Of the loss, nll {:.4g} + kl/N {:.4g}, the KL makes {:.3g}%, over "
                               "{}. A weight whose KL is below {} nats counts as collapsed to "
                               "the prior; sigma is the median.",
                               report.loss.nll, report.loss.kl, 100 * report.loss.kl_share(),
                               counted(report.loss.examples, "training example"),
                               PosteriorSummary::collapse_kl));
}

std::string pruning_text(const CheckReport& report) {
  if (report.pruning.empty()) return "pruning: the data have no test set\n";
  std::vector<Column> columns{{"removed", Align::right}, {"weights left", Align::right}};
  const std::vector<std::string> metrics = shown_metrics(report);
  for (const std::string& name : metrics) columns.push_back({"test " + name, Align::right});
  Table table(columns);
  for (const PruningPoint& point : report.pruning) {
    std::vector<std::string> cells{fmt::format("{:g}%", 100 * point.share),
                                   with_thousands(report.weights - point.removed)};
    for (const std::string& name : metrics)
      cells.push_back(fmt::format("{:.5f}", value_of(point, name)));
    table.add_row(cells);
  }
  return table.text(usual_columns) + "\n" +
         paragraph(report.is_bayesian
                       ? "Weights with a posterior removed by smallest |mu|/sigma, over all layers."
                       : "Weights removed by smallest |w|, over all layers: no layer has a "
                         "posterior. Biases stay.");
}

std::string check_json(const CheckReport& report) {
  Json json{{"target", report.target},       {"model", report.model},
            {"dataset", report.data},        {"trained", report.is_trained},
            {"passed", report.passed()},     {"checks", Json::array()},
            {"estimator", report.estimator}, {"gradient_variance", Json::array()}};
  for (const CheckRow& row : report.checks) json["checks"].push_back(json_of(row));
  const GradientVariance* const own = own_of(report);
  for (const GradientVariance& variance : report.variances)
    json["gradient_variance"].push_back(
        {{"estimator", variance.estimator},
         {"mu", json_of(variance.mu, own ? &own->mu : nullptr)},
         {"rho", json_of(variance.rho, own ? &own->rho : nullptr)}});
  if (report.is_trained) {
    json["posteriors"] = Json::array();
    for (const PosteriorSummary& posterior : report.posteriors)
      json["posteriors"].push_back(json_of(posterior));
    json["loss"] =
        report.is_bayesian ? Json{{"nll", report.loss.nll}, {"kl", report.loss.kl}} : Json();
    json["pruned_by"] = report.is_bayesian ? "|mu|/sigma" : "|w|";
    json["pruning"] = Json::array();
    for (const PruningPoint& point : report.pruning) {
      Json values{{"share", point.share}, {"removed", point.removed}};
      for (const auto& [name, value] : point.values) values[name] = value;
      json["pruning"].push_back(values);
    }
    json["warnings"] = Json::array();
    for (const Finding& finding : report.warnings)
      json["warnings"].push_back(
          {{"what", finding.what}, {"why", finding.why}, {"advice", finding.advice}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace credence::cli
