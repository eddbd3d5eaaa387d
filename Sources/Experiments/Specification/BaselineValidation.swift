import LanguageModel
import Optimizers
import PPO
import Tasks

/// The scores of one prompt's completions, 8 bytes each, that fit in the 2 GiB of `ScoredPolicy`.
private let largestScoreCount = 1 << 28

extension ArmSpecification {
  /// Throws where the arm's baseline needs completions that the task cannot list, or too many of them.
  func validateBaseline(
    on task: TaskConfiguration, _ model: ModelSpecification
  ) throws(ConfigurationError) {
    guard case .ppo(let settings, _) = method, settings.baseline.needsEnumeration else { return }
    guard task.name == .enumerableLanguage else {
      let others = BaselineKind.allCases.filter { !$0.needsEnumeration }.map(\.rawValue)
      throw .outOfRange(
        "baseline", settings.baseline.rawValue,
        allowed:
          "one of \(others.joined(separator: ", ")) on the task \(task.name.rawValue): a sum "
          + "over all completions needs the task enumerable-language")
    }
    let completions = EnumerableLanguage.completionCount(
      words: task.words, maximumWords: task.maximumWords)
    let parameters = model.configuration(vocabularySize: task.words + 1).parameterCount
    guard settings.baseline != .optimal || completions * parameters <= largestScoreCount else {
      throw .outOfRange(
        "baseline", settings.baseline.rawValue,
        allowed: "another one for \(completions) completions and \(parameters) parameters: their "
          + "product may be at most \(largestScoreCount); take fewer words or a smaller model")
    }
  }

  /// Throws unless the offset is a number.
  func validateOffset() throws(ConfigurationError) {
    guard (rewardOffset ?? 0).isFinite else {
      throw .outOfRange("reward_offset", "\(rewardOffset ?? 0)", allowed: "a finite number")
    }
  }
}
