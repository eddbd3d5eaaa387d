import Foundation

/// How the learning rate falls after the warm-up.
public enum LearningRateDecay: String, Codable, Sendable, CaseIterable {
  /// It stays at its peak.
  case constant
  /// It falls to zero in a straight line.
  case linear
  /// It falls to zero along half a cosine, Loshchilov (2017), equation 5.
  case cosine
}

/// The learning rate of every step: a linear warm-up, then a decay, as in transformers' schedulers.
public struct LearningRateSchedule: Sendable {
  /// The highest learning rate.
  public let peak: Double
  /// Steps over which the rate rises from zero.
  public let warmupSteps: Int
  /// Steps after which the rate has fallen to zero.
  public let totalSteps: Int
  /// How it falls.
  public let decay: LearningRateDecay

  /// A schedule over `totalSteps`, the warm-up included.
  public init(peak: Double, warmupSteps: Int, totalSteps: Int, decay: LearningRateDecay) {
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.decay = decay
  }

  /// The rate of a step, counted from zero.
  ///
  /// As transformers does, the first of w warm-up steps has rate zero and step w the peak; without
  /// a warm-up the first step has the peak.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step) / Double(warmupSteps) }
    let span = Double(max(1, totalSteps - warmupSteps))
    let progress = min(1, Double(step - warmupSteps) / span)
    switch decay {
    case .constant: return peak
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(.pi * progress))
    }
  }
}
