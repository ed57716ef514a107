#include "credence/cli/report_figures.h"

#include <functional>

#include "credence/comm/gather.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/validation_split.h"
#include "credence/report/posterior_findings.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {
namespace {

// Each point of a pruning curve is a test: of some examples, and few draws.
constexpr std::int64_t pruning_examples = 2000, pruning_samples = 10;
constexpr std::size_t densities_shown = 6;

/// All rows of the test set, on all ranks.
PredictedPart gather_part(const PredictedPart& part, std::int64_t size,
                          Communicator& communicator) {
  const auto gather = [&](const Tensor& rows) {
    return rows.empty() ? Tensor() : gather_rows(rows, part.begin, size, communicator);
  };
  const Predictions& p = part.predictions;
  return {.begin = 0,
          .end = size,
          .predictions = {.mean = gather(p.mean),
                          .predictive_entropy = gather(p.predictive_entropy),
                          .mutual_information = gather(p.mutual_information),
                          .nll = gather(p.nll),
                          .sigma = gather(p.sigma),
                          .lower = gather(p.lower),
                          .upper = gather(p.upper),
                          .pit = gather(p.pit)},
          .target = gather(part.target)};
}

PredictOptions of_pruning(PredictOptions options) {
  options.samples = std::min(options.samples, pruning_samples);
  options.tolerance = 0;
  return options;
}

class NetworkFigures {
 public:
  NetworkFigures(TrainedModel& trained, const ReportOptions& options, Communicator& communicator,
                 ReportedRun& run)
      : trained_(trained),
        options_(options),
        predict_(with_samples(trained.experiment.predict, options.samples)),
        communicator_(communicator),
        run_(run) {}

  void add_test() {
    const std::shared_ptr<const Dataset> test = trained_.data.test;
    if (!test) {
      run_.notes.push_back({"test", "the data have no test set"});
      return;
    }
    Predictor predictor = make_predictor(predict_, "test");
    predictor.set_calibration(trained_.calibration.get());
    const PredictedPart part = predictor.predict(*test, communicator_);
    const bool draws = trained_.model->draws_in_predictions() || trained_.weights;
    run_.samples = draws ? predict_.samples : 1;
    if (trained_.weights && trained_.weights->size() > 0)  // of an ensemble: its members
      run_.samples = std::min(run_.samples, trained_.weights->size());
    run_.test = measure(predictor.make_metrics(), part, communicator_);
    const PredictedPart whole = gather_part(part, test->size(), communicator_);
    on_rank_zero(communicator_, [&] {
      if (trained_.loss->problem() == Problem::classification)
        add_classification(whole, *test);
      else
        run_.regression =
            regression_figures(whole, test->target_info(), {.interval = predict_.interval});
    });
  }

  void add_posteriors() {
    if (trained_.weights) {
      run_.notes.push_back({"diagnostics", concat("the posterior is that of inference.type=",
                                                  trained_.experiment.inference_name,
                                                  ": KL by layer and pruning are of networks "
                                                  "whose own weights are the posterior")});
      return;
    }
    centre_priors(trained_);
    const Experiment& experiment = trained_.experiment;
    const ValidationSplit split =
        split_validation(trained_.data.train, experiment.validation_split, experiment.seed);
    const GraphSpec graph = experiment.make_graph(*split.training);
    const Subject subject{.graph = graph,
                          .model = *trained_.model,
                          .loss = *trained_.loss,
                          .data = *split.training,
                          .kl_weight = experiment.train.kl.weight,
                          .seed = experiment.seed};
    on_rank_zero(communicator_, [&] {
      if (!trained_.model->is_bayesian()) return;
      run_.posteriors = summarize_posteriors(subject);
      run_.loss = loss_shares(subject);
      run_.findings = check_posteriors(run_.posteriors, run_.loss);
    });
    add_pruning();
  }

 private:
  Predictor make_predictor(const PredictOptions& options, const char* name) {
    Predictor predictor(*trained_.model, *trained_.loss, trained_.experiment.seed, options,
                        trained_.weights.get());
    if (options_.progress) predictor.set_observer(show_predictions(*options_.progress, name));
    return predictor;
  }

  void add_classification(const PredictedPart& whole, const Dataset& test) {
    ClassificationFigures figures = classification_figures(whole, test);
    const auto chosen = choose_examples(figures, whole, options_.examples, densities_shown);
    PredictOptions all = predict_;
    all.tolerance = 0;
    Predictor predictor(*trained_.model, *trained_.loss, trained_.experiment.seed, all,
                        trained_.weights.get());
    figures.densities = predictive_densities(predictor, whole, test, chosen);
    run_.classification = std::move(figures);
  }

  void add_pruning() {
    if (!trained_.data.test) return;
    const PredictOptions options = of_pruning(predict_);
    const SubsetDataset some(trained_.data.test, 0,
                             std::min(pruning_examples, trained_.data.test->size()));
    Predictor predictor = make_predictor(options, "pruning");
    run_.pruning = {.points = pruning_curve(*trained_.model, predictor, some, communicator_),
                    .weights = Pruner(*trained_.model).weights(),
                    .examples = some.size(),
                    .samples = trained_.model->draws_in_predictions() ? options.samples : 1};
  }

  TrainedModel& trained_;
  const ReportOptions& options_;
  PredictOptions predict_;
  Communicator& communicator_;
  ReportedRun& run_;
};

}  // namespace

void add_network_figures(ReportedRun& run, const ReportOptions& options,
                         Communicator& communicator) {
  const auto add = [&](const char* section, const std::function<void()>& how) {
    try {
      how();
      return true;
    } catch (const Error& error) {  // by its code: from rank 0 it comes without its type
      const ExitCode code = error.exit_code();
      // Of several ranks another may not have failed, and wait for this one.
      const bool is_of_words = code == ExitCode::usage || code == ExitCode::config;
      if (is_of_words || communicator.size() > 1) throw;
      run.notes.push_back({section, error.what()});
      return false;
    }
  };
  TrainedModel trained;
  const RunChoice choice{
      .run = run.path, .overrides = options.overrides, .checkpoint = options.checkpoint};
  if (!add("test", [&] { trained = load_run(choice, communicator); })) return;
  run.weights = trained.checkpoint.filename().string();
  NetworkFigures figures(trained, options, communicator, run);
  add("test", [&] { figures.add_test(); });
  add("diagnostics", [&] { figures.add_posteriors(); });
  if (options.progress) options.progress->clear();
}

}  // namespace credence::cli
