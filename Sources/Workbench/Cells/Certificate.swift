import DPO
import Foundation
package import LanguageModel
package import PPO
import RewardModeling
import TensorKernels
import Tokenization

// The step-0 certificate: numbers that theory knows before anything is learned. Losses are means of
// Float logarithms, hence a tolerance of 1e-6; what must be exact has none.

/// A zero head scores every completion zero, so the loss of a pair is log 2, with a margin m −log σ(−m).
func rewardCertificate(
  _ metrics: RewardMetrics, _ settings: RewardConfiguration
) -> [CertificateCheck] {
  let zero = CertificateCheck(
    name: "largest score of the zero head", expected: 0,
    measured: max(abs(metrics.minimumReward), abs(metrics.maximumReward)))
  // A ranking of K completions has log K!, and K may differ from one to the next.
  guard settings.rankingLoss != .plackettLuce else { return [zero] }
  let margin = settings.margin ?? 0
  let name = margin == 0 ? "reward-model loss (ln 2)" : "reward-model loss (−ln σ(−m))"
  return [
    CertificateCheck(
      name: name, expected: margin == 0 ? log(2) : log1p(exp(margin)), measured: metrics.loss,
      tolerance: 1e-6), zero,
  ]
}

/// At π = π₀ every margin is zero, and so is most losses' dependence on the data.
///
/// Rafailov (2023), equation 7 gives log 2, Azar (2023) 1/(4β²); every loss states its own constant.
func dpoCertificate(_ metrics: DPOMetrics, settings: DPOConfiguration) -> [CertificateCheck] {
  let margin = CertificateCheck(
    name: "DPO margin", expected: 0, measured: metrics.rewardMargin, tolerance: 1e-6)
  // A ranking of K completions has log K!, and K may differ from one to the next.
  guard settings.lossKind != .plackettLuce, let constant = settings.loss.lossAtReference else {
    return [margin]
  }
  let name =
    settings.lossKind == .sigmoid ? "DPO loss (ln 2)" : "\(settings.lossKind.rawValue) loss"
  return [
    CertificateCheck(
      name: name, expected: constant, measured: metrics.loss,
      tolerance: 1e-6 * max(1, constant)),
    margin,
  ]
}

/// The policy is the reference and has not moved since its rollouts.
func ppoCertificate(
  _ metrics: PPOMetrics, _ readings: [RolloutReading], of policy: Transformer<Float>,
  endToken: Int
) -> [CertificateCheck] {
  [
    CertificateCheck(
      name: "smallest PPO ratio", expected: 1, measured: metrics.update.ratioMinimum),
    CertificateCheck(
      name: "largest PPO ratio", expected: 1, measured: metrics.update.ratioMaximum),
    CertificateCheck(
      name: "PPO KL to the reference", expected: 0, measured: metrics.objective.klK1),
    // Pairs are sampled and policies judged at temperature 1.
    CertificateCheck(
      name: "temperature of rollouts ÷ that of evaluation", expected: 1,
      measured: samplingTemperature(of: readings, from: policy), tolerance: 1e-3),
    CertificateCheck(
      name: "completions that ended and whose end token the trainer does not see", expected: 0,
      measured: Double(readings.count { $0.hasEnded && !$0.sequence.hasEnded(with: endToken) })),
  ]
}

/// The temperature T at which a policy gives the log-probabilities that its sampler wrote down.
///
///     minimise Σₜ (log π_T(aₜ) − recordedₜ)² over 1/T        log π_T = z/T − log Σᵥ exp(zᵥ/T)
///
/// Gauss–Newton steps from T = 1 with a difference for the derivative; exact where some T explains all
/// of them, as it does unless sampler and policy differ in more than the temperature. Tokens that a
/// mask hides have no place in the sequence and are left out. NaN of no tokens.
package func samplingTemperature(
  of readings: [RolloutReading], from policy: Transformer<Float>
) -> Double {
  let sequences = readings.map(\.sequence).filter { !$0.completion.isEmpty }
  let recorded = readings.filter { !$0.sequence.completion.isEmpty }.flatMap {
    $0.sampledLogProbabilities.prefix($0.sequence.completion.count)
  }
  guard !recorded.isEmpty else { return .nan }
  func read(_ inverse: Double) -> [Double] {
    policy.logProbabilities(of: sequences, temperature: Float(1 / inverse)).joined()
      .map { Double($0) }
  }
  let (difference, steps) = (1.0 / 64, 8)
  var inverse = 1.0
  for _ in 0..<steps {
    let (here, beside) = (read(inverse), read(inverse + difference))
    var (slopeSquares, products) = (0.0, 0.0)
    for i in recorded.indices {
      let slope = (beside[i] - here[i]) / difference
      slopeSquares += slope * slope
      products += slope * (recorded[i] - here[i])
    }
    // Tokens that are certain have the same probability at every temperature.
    guard slopeSquares > 1e-9 else { break }
    let step = products / slopeSquares
    inverse = min(max(inverse + step, inverse / 2), inverse * 2)
    if abs(step) < 1e-5 { break }
  }
  return 1 / inverse
}

// What is known at the end: the reference that the trainer read is still the one on disk.

/// The reference's log-probabilities as the trainer recorded them on rollouts, against a fresh copy of the file's model.
func referenceCertificate(
  _ readings: [RolloutReading], file: Transformer<Float>, temperature: Double
) -> CertificateCheck {
  let fresh = file.logProbabilities(
    of: readings.map(\.sequence), temperature: Float(temperature))
  let differences = zip(readings, fresh).flatMap { reading, own in
    zip(reading.referenceLogProbabilities, own).map { Double(abs($0 - $1)) }
  }
  return CertificateCheck(
    name: "log π_ref of the last rollouts, the trainer's against the file's", expected: 0,
    measured: differences.max() ?? 0, tolerance: 1e-5)
}

/// The reference's mean log-probability of the last batch's chosen completions as DPO's metrics imply it.
///
///     mean log π₀(y⁺) = logps/chosen − rewards/chosen ÷ β
func referenceCertificate(
  _ metrics: DPOMetrics, beta: Double, chosen: [TokenSequence], file: Transformer<Float>
) -> CertificateCheck {
  let fresh = file.completionLogProbabilities(of: chosen)
  let implied = metrics.chosenLogProbability - metrics.chosenReward / beta
  return CertificateCheck(
    name: "mean log π_ref of the last batch, the trainer's less the file's", expected: 0,
    measured: implied - mean(of: fresh.map { Double($0) }), tolerance: 1e-4)
}
