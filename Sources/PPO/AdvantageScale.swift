/// What the advantages of whole completions are divided by.
public enum AdvantageScale: String, Codable, Sendable, CaseIterable {
  /// Nothing: RLOO, and GRPO as Liu (2025) mends it.
  case none
  /// The deviation of the returns of the same prompt: GRPO, Shao (2024), section 4.1.2.
  case group
  /// The deviation of the returns of the whole batch: TRL's `scale_rewards: batch`.
  case batch
  /// The batch's mean advantage is subtracted, too: TRL's `normalize_advantages` of RLOO.
  case normalised

  /// Scales the advantages R − b of completions, the groups of each prompt standing together.
  ///
  ///     A ← A/(σ + 10⁻⁴)        σ with Bessel's correction, of the returns or, normalised, of A
  ///
  /// The epsilon is TRL's. Dividing by a deviation that the own return is part of biases the
  /// gradient: group makes prompts with nearly equal returns weigh as much as all others.
  public func callAsFunction(
    _ advantages: [Double], returns: [Double], groupSize: Int
  ) -> [Double] {
    precondition(
      advantages.count == returns.count && returns.count.isMultiple(of: groupSize),
      "\(advantages.count) advantages, \(returns.count) returns in groups of \(groupSize)")
    switch self {
    case .none: return advantages
    case .group:
      return stride(from: 0, to: returns.count, by: groupSize).flatMap { start in
        let group = start..<start + groupSize
        return divided(Array(advantages[group]), by: Moments(Array(returns[group])))
      }
    case .batch: return divided(advantages, by: Moments(returns))
    case .normalised:
      let moments = Moments(advantages)
      return divided(advantages.map { $0 - moments.mean }, by: moments)
    }
  }

  private func divided(_ advantages: [Double], by moments: Moments) -> [Double] {
    advantages.map { $0 / (moments.standardDeviation + 1e-4) }
  }
}
