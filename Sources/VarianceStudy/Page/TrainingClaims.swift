import Foundation
import Reports

extension TrainingAct {
  /// Every estimator against the soft value and its baseline alone, and with an offset against none.
  var claims: [Claim] { differences.compactMap(claim) }

  /// Ends within a factor of 1.25 of one another are the same for practice; set before the run.
  package static let margin = log10(1.25)

  private func claim(_ difference: Difference) -> Claim? {
    guard let first = arm(difference.first), let second = arm(difference.second) else { return nil }
    let name = "training-\(slug(first.name))-vs-\(slug(second.name))"
    let metric = "difference of log₁₀ final KL(π‖π*), \(first.name) vs \(second.name)"
    let source = first.source(against: second)
    let (one, other) = ("training with '\(first.name)'", "with '\(second.name)'")
    let effect = difference.logRatio
    switch first.expectation(against: second) {
    case .farther:
      return empirical(
        name, source, "\(one) ends farther from the optimum than \(other)", metric: metric,
        effect: effect, above: 0)
    case .nearer:
      return empirical(
        name, source, "\(one) ends nearer to the optimum than \(other)", metric: metric,
        effect: effect, below: 0)
    case .notFarther:
      return empirical(
        name, source, "\(one) ends at most 1.25 times as far from the optimum as \(other)",
        metric: metric, effect: effect, below: Self.margin)
    case .equivalent:
      return equivalent(
        name, source, "\(one) ends within a factor of 1.25 of where it ends \(other)",
        metric: metric, effect: effect, margin: Self.margin)
    }
  }

  private func arm(_ name: String) -> Arm? { arms.first { $0.name == name } }

  private func slug(_ name: String) -> String {
    name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }
}

/// What is registered about where one arm ends, seen from another.
private enum Expectation { case farther, nearer, notFarther, equivalent }

extension TrainingAct.Arm {
  /// Without the normaliser or with one sample for it the end is farther; with a whitened batch, the
  /// batch's mean or other completions in its place it is the same.
  fileprivate func expectation(against other: Self) -> Expectation {
    let seesOffset = ["none", "none reward-to-go", "learned-value"]
    if estimator == other.estimator {
      return seesOffset.contains(estimator) ? .farther : .equivalent
    }
    switch estimator {
    case "none whitened": return other.estimator == "none" ? .nearer : .notFarther
    // The textbook's reason for rewards to go is their smaller variance.
    case "none reward-to-go": return other.estimator == "none" ? .nearer : .farther
    case "none", "reference-sample", "learned-value": return .farther
    default: return .equivalent
    }
  }

  fileprivate func source(against other: Self) -> String {
    guard other.estimator == "soft-value" else { return ClaimSource.training }
    switch estimator {
    case "none": return ClaimSource.noNormaliser
    case "learned-value": return ClaimSource.learnedValue
    default: return ClaimSource.training
    }
  }
}
