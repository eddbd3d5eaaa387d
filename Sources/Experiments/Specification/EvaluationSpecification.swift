public import Tasks
import Training

/// How every policy is judged: the same prompts and sampling seeds for all arms of a seed.
public struct EvaluationSpecification: Codable, Equatable, Sendable, DefaultedSettings {
  /// Held-out prompts; a KL needs 512 or more of them.
  public var prompts = 512
  /// The split that the prompts come from.
  public var split = Split.test
  /// Evaluations after the one at step 0, evenly spaced to the last step.
  public var checkpoints = 8
  /// Completions kept side by side with the reference's.
  public var samples = 8
  /// Whether evaluations measure the exact noise of gradients; on the enumerable language only.
  public var gradients = false

  /// The documented defaults.
  public init() {}

  /// Throws the first constraint that the values break.
  func validate() throws(ConfigurationError) {
    guard prompts >= 2 else { throw .outOfRange("prompts", "\(prompts)", allowed: "n ≥ 2") }
    guard checkpoints >= 1 else {
      throw .outOfRange("checkpoints", "\(checkpoints)", allowed: "n ≥ 1")
    }
    guard 0...prompts ~= samples else {
      throw .outOfRange("samples", "\(samples)", allowed: "0 ≤ n ≤ prompts")
    }
  }

  /// The steps at which a training of `total` steps is evaluated: 0, …, total, evenly spaced.
  public func steps(of total: Int) -> [Int] {
    let spaced = (0...checkpoints).map { (Double($0 * total) / Double(checkpoints)).rounded() }
    return Array(Set(spaced.map { Int($0) })).sorted()
  }
}
