import Datasets
import Evaluation
import Foundation
import LanguageModel
import Optimizers
import RewardModeling
import SupervisedFineTuning
import Tasks
import Tokenization
import Training

extension SeedWork {
  /// Takes a pretrained model for the reference where the specification names one, or trains it.
  func makeReference(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    guard let name = specification.model.checkpoint else {
      return try trainReference(into: folder, report: report)
    }
    let place = Stories.folder(specification.task).appending(path: name)
    let model = try ModelFolder(place).policy()
    let expected = specification.model.configuration(
      vocabularySize: task.tokenizer.vocabularySize)
    guard model.configuration == expected else {
      throw SpecificationError.contradiction(
        "its sizes are not those of the specification's model",
        at: SourceLocation(file: place.path))
    }
    var record = record(arm: "sft", method: "pretrained")
    let checkpoint = ModelFolder(folder.appending(path: checkpointName))
    try checkpoint.write(model, tokenizer: task.tokenizer)
    record.dataHashes["reference"] = try sha256(ofFile: checkpoint.weights)
    try record.write(to: folder)
  }

  /// Trains the reference from nothing on demonstrations.
  private func trainReference(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let seed = randomness("sft")
    let demonstrations = task.demonstrations(
      count: specification.data.demonstrations, seed: seed.derived("demonstrations"))
    var generator = seed.generator(for: "model.initialization")
    var model = Transformer<Float>(
      configuration: specification.model.configuration(
        vocabularySize: task.tokenizer.vocabularySize),
      using: &generator)
    var record = record(arm: "sft", method: "sft")
    let total = specification.sft.maximumSteps
    record.outcome = try fineTune(
      &model, on: demonstrations, configuration: specification.sft, seed: seed,
      workers: workers
    ) { step, _, metrics in
      try Task.checkCancellation()
      record.training.append(MetricsRow(step: step, values: metrics.logged))
      record.cost = metrics.cost
      report(step, total, "loss \(brief(metrics.loss))")
    }
    let checkpoint = ModelFolder(folder.appending(path: checkpointName))
    try checkpoint.write(model, tokenizer: task.tokenizer)
    record.dataHashes["reference"] = try sha256(ofFile: checkpoint.weights)
    try record.write(to: folder)
  }

  /// Samples completions from the reference, labels pairs of them, and draws evaluation prompts.
  func drawData(into folder: URL) throws {
    let reference = try referenceFolder.policy()
    let files = DataFiles(folder: folder)
    let settings = specification.data
    for (file, split, count) in [
      (files.train, Split.train, settings.pairs), (files.test, .test, settings.testPairs),
    ] {
      try Task.checkCancellation()
      let name = split.rawValue
      let prompts = task.prompts(
        count: (count + settings.pairsPerPrompt - 1) / settings.pairsPerPrompt, split: split,
        seed: randomness("prompts." + name))
      let sampled = samplePreferencePairs(
        reference: reference, task: task, prompts: prompts,
        completionsPerPrompt: settings.completionsPerPrompt, annotator: annotator,
        seed: randomness("completions." + name), workers: workers)
      let pairs = sampled.pairs.prefix(count).map(\.pair)
      try writePairs(pairs, tokenizer: task.tokenizer, to: file)
    }
    let prompts = task.prompts(
      count: specification.evaluation.prompts, split: specification.evaluation.split,
      seed: randomness("prompts.evaluation"))
    try writePrompts(prompts, tokenizer: task.tokenizer, to: files.prompts)
  }

  /// Fits the reward model to the pairs and measures it on pairs held out.
  func trainReward(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let (data, reference) = (try data(), try referenceFolder.policy())
    let settings = specification.reward
    var record = record(arm: "reward", method: "reward")
    var members: [RewardModel] = []
    for member in 0..<(settings.ensembleSize ?? 1) {
      let before = record.cost
      let seed = randomness("preferences")
      let (reward, outcome) = try trainRewardModel(
        from: reference, on: data.train, places: specification.data.completionsPerPrompt,
        centredOn: data.train.flatMap(\.sequences), configuration: settings,
        seed: member == 0 ? seed : seed.derived("member \(member)"), workers: workers
      ) { step, _, metrics in
        try Task.checkCancellation()
        if step == 0, member == 0 { record.certificate = rewardCertificate(metrics, settings) }
        if member == 0 {
          record.training.append(MetricsRow(step: step, values: metrics.logged))
        }
        record.cost = before + metrics.cost
        report(step, steps(of: settings, on: data), "accuracy \(brief(metrics.accuracy))")
      }
      if record.outcome == .completed { record.outcome = outcome }
      // The members share their labels.
      if member > 0 { record.cost.labels = before.labels }
      members.append(reward)
    }
    record.rewardModel = try summary(of: settings.reward(of: members), on: data)
    record.dataHashes = data.hashes
    for (member, reward) in members.enumerated() {
      try ModelFolder(folder.appending(path: memberName(member)))
        .write(reward, tokenizer: task.tokenizer)
    }
    try record.write(to: folder)
  }

  private func steps(of settings: RewardConfiguration, on data: SeedData) -> Int {
    let places = specification.data.completionsPerPrompt
    let items =
      settings.rankingLoss == nil
      ? data.train.count : rankings(of: data.train, places: places).count
    return Workbench.steps(
      pairs: items, batchSize: settings.batchSize, epochs: settings.epochs)
  }

  private func summary(
    of reward: any RewardFunction, on data: SeedData
  ) throws -> RewardModelSummary {
    let train = try evaluateReward(
      reward, on: data.train, bayesAccuracy: bayesAccuracy(of: data.train.map(annotation)))
    let test = try evaluateReward(
      reward, on: data.test, gold: data.test.map(gold),
      bayesAccuracy: bayesAccuracy(of: data.test.map(annotation)))
    let scores = try reward.rewards(of: data.train.flatMap(\.sequences))
    var summary = RewardModelSummary(train: train, test: test)
    summary.referenceMean = scores.reduce(0, +) / Double(max(1, scores.count))
    return summary
  }

  private func gold(of pair: PreferencePair) -> GoldPair {
    GoldPair(
      chosen: task.gold(pair.chosenSequence).total,
      rejected: task.gold(pair.rejectedSequence).total)
  }

  /// What the annotator's rule says of a label that is there already.
  private func annotation(of pair: PreferencePair) -> Annotation {
    let gold = gold(of: pair)
    let difference = gold.chosen - gold.rejected
    return Annotation(
      goldDifference: difference,
      probability: annotator.probabilityFirstPreferred(
        goldDifference: difference, lengthDifference: pair.chosen.count - pair.rejected.count))
  }
}

/// The updates of a training on pairs.
func steps(pairs: Int, batchSize: Int, epochs: Int) -> Int {
  epochs * (pairs / max(1, min(batchSize, pairs)))
}

extension PreferencePair {
  /// Both completions, the chosen one first.
  fileprivate var sequences: [TokenSequence] { [chosenSequence, rejectedSequence] }
}

extension RewardModelSummary {
  /// The parts of two evaluations that a report shows.
  fileprivate init(train: RewardEvaluation, test: RewardEvaluation) {
    self.init()
    trainAccuracy = train.accuracy
    testAccuracy = test.accuracy
    testAccuracyTiesHalf = test.accuracyTiesHalf
    trainBayesAccuracy = train.bayesAccuracy ?? 0
    testBayesAccuracy = test.bayesAccuracy ?? 0
    expectedCalibrationError = test.expectedCalibrationError
    calibration = test.calibration.map {
      CalibrationPoint(predicted: $0.confidence, observed: $0.accuracy, count: $0.count)
    }
    pearson = test.pearson ?? 0
    spearman = test.spearman ?? 0
    trainPairs = train.pairs
    testPairs = test.pairs
  }
}
