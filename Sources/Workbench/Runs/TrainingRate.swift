import Datasets
import LanguageModel
import SupervisedFineTuning
import Tasks
import Tokenization

extension ExperimentRunner {
  /// Floating-point operations a second of one core in training steps of the experiment's own model here.
  ///
  /// Measured with a few fine-tuning steps of a model of its sizes on what its task shows, of which the
  /// first, which makes the buffers, does not count; nothing is kept. A second or so for models of up to a
  /// hundred million parameters.
  package func measuredTrainingRate() -> Double {
    let sizes = specification.model.configuration(vocabularySize: task.tokenizer.vocabularySize)
    var generator = Seed(0).generator(for: "training rate")
    var model = Transformer<Float>(configuration: sizes, using: &generator)
    var settings = specification.sft
    (settings.maximumSteps, settings.batchSize) = (Self.timedSteps + 1, min(settings.batchSize, 16))
    let shown = task.demonstrations(count: settings.batchSize, seed: Seed(0))
    settings.batchSize = min(settings.batchSize, shown.count)
    settings.gradientShards = min(settings.gradientShards, settings.batchSize)
    guard settings.batchSize > 0 else { return Self.typicalRate }
    let clock = ContinuousClock()
    var ticks: [(time: ContinuousClock.Instant, flops: Double)] = []
    _ = fineTune(&model, on: shown, configuration: settings, seed: Seed(0)) { _, _, metrics in
      ticks.append((clock.now, metrics.cost.flops))
    }
    guard ticks.count > 2, let last = ticks.last else { return Self.typicalRate }
    return (last.flops - ticks[1].flops) / ((last.time - ticks[1].time) / .seconds(1))
  }

  private static let timedSteps = 4
  /// What a core does with a model that diverges at once or a task that shows nothing.
  private static let typicalRate = 3e10
}
