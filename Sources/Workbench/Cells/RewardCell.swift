import Datasets
import Evaluation
import Foundation
import LanguageModel
import RewardModeling
import Tasks
import Tokenization
import Training

extension SeedWork {
  /// Fits the reward model that arms learn from, or takes the one that is there already.
  func trainReward(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let data = try data()
    guard let place = specification.rewardCheckpoint else {
      return try fitReward("reward", on: data.train, of: data, into: folder, report: report)
    }
    var record = record(arm: "reward", method: "reward")
    let reward = try rewardModel(URL(filePath: place))
    try requireSameVocabulary(try referenceFolder.policy(), reward, in: place)
    record.rewardModel = try summary(of: reward, on: data.train, heldOut: data.test)
    record.dataHashes = data.hashes
    try ModelFolder(folder.appending(path: checkpointName)).write(reward, tokenizer: task.tokenizer)
    try record.write(to: folder)
  }

  /// Fits the referee to pairs that no arm and no other reward model sees.
  func trainReferee(
    into folder: URL, report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let data = try data()
    let pairs = try readPairs(
      from: DataFiles(folder: store.url(of: Cell(seed: seed, stage: .data))).referee,
      tokenizer: task.tokenizer)
    try fitReward("referee", on: pairs, of: data, into: folder, report: report)
  }

  /// Fits a reward model, or an ensemble, to pairs and measures it on those held out.
  private func fitReward(
    _ name: String, on pairs: [PreferencePair], of data: SeedData, into folder: URL,
    report: (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    let (reference, settings) = (try referenceFolder.policy(), specification.reward)
    var record = record(arm: name, method: name)
    var log = try MetricsLog(folder)
    var members: [RewardModel] = []
    let ofReward = randomness("preferences")
    let seed = name == "reward" ? ofReward : ofReward.derived(name)
    for member in 0..<(settings.ensembleSize ?? 1) {
      let before = record.cost
      let (reward, outcome) = try trainRewardModel(
        from: reference, on: pairs, places: specification.data.completionsPerPrompt,
        centredOn: pairs.flatMap(\.sequences), configuration: settings,
        seed: member == 0 ? seed : seed.derived("member \(member)"), workers: workers
      ) { step, _, metrics in
        try Task.checkCancellation()
        if step == 0, member == 0 { record.certificate = rewardCertificate(metrics, settings) }
        if member == 0 { record.training.append(try log.add(step, metrics.logged)) }
        record.cost = before + metrics.cost
        report(step, steps(of: settings, on: pairs), "accuracy \(brief(metrics.accuracy))")
      }
      if record.outcome == .completed { record.outcome = outcome }
      record.cost += settings.normalizationCost(
        of: reference.configuration, on: pairs.flatMap(\.sequences))
      // The members share their labels.
      if member > 0 { record.cost.labels = before.labels }
      members.append(reward)
    }
    record.rewardModel = try summary(
      of: settings.reward(of: members), on: pairs, heldOut: data.test)
    record.dataHashes = data.hashes
    for (member, reward) in members.enumerated() {
      try ModelFolder(folder.appending(path: memberName(member)))
        .write(reward, tokenizer: task.tokenizer)
    }
    try record.write(to: folder)
  }

  private func steps(of settings: RewardConfiguration, on pairs: [PreferencePair]) -> Int {
    let places = specification.data.completionsPerPrompt
    let items =
      settings.rankingLoss == nil ? pairs.count : rankings(of: pairs, places: places).count
    return Workbench.steps(
      pairs: items, batchSize: settings.batchSize, epochs: settings.epochs)
  }

  private func summary(
    of reward: any RewardFunction, on pairs: [PreferencePair], heldOut: [PreferencePair]
  ) throws -> RewardModelSummary {
    guard task.labelledPairs == nil else {
      return try RewardModelSummary(
        ofUserPairs: evaluateReward(reward, on: pairs),
        heldOut: heldOut.isEmpty ? nil : evaluateReward(reward, on: heldOut))
    }
    let train = try evaluateReward(
      reward, on: pairs, bayesAccuracy: bayesAccuracy(of: pairs.map(annotation)))
    let test = try evaluateReward(
      reward, on: heldOut, gold: heldOut.map(gold),
      bayesAccuracy: bayesAccuracy(of: heldOut.map(annotation)))
    let scores = try reward.rewards(of: pairs.flatMap(\.sequences))
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

  /// On a user's pairs, where no annotator's rule and no gold is known: what cannot be said is not a
  /// number, and reports leave it out.
  fileprivate init(ofUserPairs train: RewardEvaluation, heldOut test: RewardEvaluation?) {
    self.init()
    (trainAccuracy, trainPairs) = (train.accuracy, train.pairs)
    (trainBayesAccuracy, testBayesAccuracy) = (.nan, .nan)
    (pearson, spearman, referenceMean) = (.nan, .nan, .nan)
    testAccuracy = test?.accuracy ?? .nan
    testAccuracyTiesHalf = test?.accuracyTiesHalf ?? .nan
    expectedCalibrationError = test?.expectedCalibrationError ?? .nan
    calibration = (test?.calibration ?? []).map {
      CalibrationPoint(predicted: $0.confidence, observed: $0.accuracy, count: $0.count)
    }
    testPairs = test?.pairs ?? 0
  }
}
