import LanguageModel
import PPO
import Tasks
import Training

/// The scores of one prompt's completions, 8 bytes each, that fit in the 2 GiB of `ScoredPolicy`.
private let largestScoreCount = 1 << 28

extension ArmSpecification {
  /// Throws where the arm's baseline needs completions that the task cannot list, or too many of them.
  func validateBaseline(
    on task: TaskConfiguration, _ model: ModelSpecification
  ) throws(ConfigurationError) {
    if case .exactAscent = method, task.enumerationSize == nil {
      throw .contradiction(
        "exact-ascent sums over all completions of a prompt, which the task \(task.name.rawValue) "
          + "cannot list; use the task enumerable-language or remove the arm")
    }
    guard case .ppo(let settings, _) = method, settings.baseline.needsEnumeration else { return }
    guard let size = task.enumerationSize else {
      let others = BaselineKind.allCases.filter { !$0.needsEnumeration }.map(\.rawValue)
      throw .outOfRange(
        "baseline", settings.baseline.rawValue,
        allowed:
          "one of \(others.joined(separator: ", ")) on the task \(task.name.rawValue): a sum "
          + "over all completions needs the task enumerable-language")
    }
    guard settings.baseline == .optimal else { return }
    try requireRoomForScores("baseline", settings.baseline.rawValue, size, model)
  }

  /// Throws unless the offset is a number.
  func validateOffset() throws(ConfigurationError) {
    guard (rewardOffset ?? 0).isFinite else {
      throw .outOfRange("reward_offset", "\(rewardOffset ?? 0)", allowed: "a finite number")
    }
  }
}

extension ExperimentSpecification {
  /// Throws where gradients of all completions are asked for that there are not, or too many of.
  func validateGradients() throws(ConfigurationError) {
    guard evaluation.gradients else { return }
    guard let size = task.enumerationSize else {
      throw .outOfRange(
        "gradients", "true",
        allowed: "false on the task \(task.name.rawValue): a sum over all completions needs the "
          + "task enumerable-language")
    }
    try requireRoomForScores("gradients", "true", size, model)
  }
}

/// Throws unless the scores of all completions after one prompt fit.
private func requireRoomForScores(
  _ key: String, _ value: String, _ size: EnumerationSize, _ model: ModelSpecification
) throws(ConfigurationError) {
  let parameters = model.configuration(vocabularySize: size.vocabulary).parameterCount
  guard size.completions * parameters <= largestScoreCount else {
    throw .outOfRange(
      key, value,
      allowed:
        "something else for \(size.completions) completions and \(parameters) parameters: their "
        + "product may be at most \(largestScoreCount); take fewer words or a smaller model")
  }
}
