import DPO
import Datasets
import Foundation
import LanguageModel
import RewardModeling
package import Tasks
import Tokenization
import Training

extension ExperimentSpecification {
  /// The task, and the specification with everything that a user's own pairs and model decide.
  ///
  /// - Throws: What is wrong with the files, a sentence each, before anything is trained.
  package func prepared() throws -> (ExperimentSpecification, any PreferenceTask) {
    guard let settings = task.pairs else { return (self, try makeTask(task)) }
    var prepared = self
    let task: PairsTask
    if let checkpoint {
      let folder = ModelFolder(checkpoint)
      let sizes = try folder.configuration()
      task = try settings.makeTask(
        tokenizer: folder.tokenizer(), maximumLength: sizes.maximumLength)
      prepared.model.take(sizes)
      prepared.model.isTuned = model.isTuned ?? folder.hasChatTemplate
      prepared.checkpointHash = try sha256(ofFile: folder.weights)
      if prepared.model.isTuned == true { prepared.sharesReference = true }
    } else {
      task = try settings.makeTask(tokenizer: nil, maximumLength: nil)
      prepared.model.vocabularySize = task.tokenizer.vocabularySize
      prepared.model.maximumLength = max(
        model.maximumLength, task.longestPrompt + task.maximumCompletionLength)
    }
    try prepared.take(task)
    return (prepared, task)
  }

  /// The counts of the pairs, which plans and progress are made from.
  private mutating func take(_ task: PairsTask) throws {
    guard let pairs = task.labelledPairs else { return }
    var counts = DataSpecification()
    counts.demonstrations = pairs.train.count
    (counts.pairs, counts.testPairs) = (pairs.train.count, pairs.test.count)
    // Pairs of one prompt may be parts of one ranking, of as many completions as a ranking has at most.
    counts.completionsPerPrompt = DataSpecification.largestRanking
    guard [DataSpecification(), counts].contains(data) else {
      throw ConfigurationError.contradiction(
        "'data' is for tasks whose pairs are sampled and labelled; on a user's pairs the files decide "
          + "it, so remove it")
    }
    data = counts
    evaluation.prompts = min(evaluation.prompts, task.differentTestPrompts)
    evaluation.samples = min(evaluation.samples, evaluation.prompts)
    if needsReferee || (needsRewardModel && rewardCheckpoint == nil) {
      try reward.validate(for: pairs.train + pairs.referee)
    }
    guard !needsReferee || pairs.referee.count >= 2 else {
      throw ConfigurationError.contradiction(
        "\(pairs.referee.count) pairs are left for the referee; raise task.referee, bring more pairs, "
          + "or set task.referee to 0 for no referee")
    }
  }

  /// Throws where an arm asks for a true reward, which a user's pairs do not have.
  func validatePairs() throws(ConfigurationError) {
    guard let pairs = task.pairs else { return }
    let asksForGold = arms.contains { arm in
      switch arm.method {
      case .ppo(_, let reward): reward == .gold
      case .dpo(let settings): settings.online?.judge == .gold
      default: false
      }
    }
    guard !asksForGold || pairs.judge == .score else {
      throw .contradiction(
        "a user's pairs have no gold reward to train on, and the referee has to stay unseen; use "
          + "'reward: learned', or bring a task.score command")
    }
  }

  /// The specification with paths that do not depend on where the program is started.
  func withPaths(from folder: URL) -> ExperimentSpecification {
    guard var pairs = task.pairs else { return self }
    func absolute(_ path: String) -> String {
      path.isEmpty || path.hasPrefix("/")
        ? path : folder.appending(path: path).standardizedFileURL.path
    }
    var result = self
    (pairs.train, pairs.test) = (absolute(pairs.train), pairs.test.map(absolute))
    result.task.pairs = pairs
    result.model.checkpoint = model.checkpoint.map(absolute)
    result.rewardCheckpoint = rewardCheckpoint.map(absolute)
    return result
  }
}

extension DataSpecification {
  /// The most completions of one prompt that pairs are joined to one ranking of.
  static let largestRanking = 16
}

extension ModelSpecification {
  /// Takes the sizes of a model that is there already.
  mutating func take(_ sizes: ModelConfiguration) {
    preset = nil
    (layers, hiddenSize, intermediateSize) = (
      sizes.layers, sizes.hiddenSize, sizes.intermediateSize
    )
    (heads, keyValueHeads) = (sizes.heads, sizes.keyValueHeads)
    (maximumLength, vocabularySize) = (sizes.maximumLength, sizes.vocabularySize)
  }
}

extension ModelFolder {
  /// Whether the model came with a chat template, as models do that were tuned on conversations.
  var hasChatTemplate: Bool {
    let folder = url.hasDirectoryPath ? url : url.deletingLastPathComponent()
    let places = [url, folder].map { $0.appending(path: "chat_template.jinja") }
    if places.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) { return true }
    let file = url.appending(path: "tokenizer_config.json")
    let text = try? String(contentsOf: file, encoding: .utf8)
    return text?.contains("\"chat_template\"") ?? false
  }
}
