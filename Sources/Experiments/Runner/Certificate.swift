import DPO
import Foundation
import PPO
import RewardModeling

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
func ppoCertificate(_ metrics: PPOMetrics, temperature: Double) -> [CertificateCheck] {
  [
    CertificateCheck(
      name: "smallest PPO ratio", expected: 1, measured: metrics.update.ratioMinimum),
    CertificateCheck(
      name: "largest PPO ratio", expected: 1, measured: metrics.update.ratioMaximum),
    CertificateCheck(
      name: "PPO KL to the reference", expected: 0, measured: metrics.objective.klK1),
    // Pairs are sampled and policies judged at temperature 1.
    CertificateCheck(
      name: "temperature of rollouts ÷ that of evaluation", expected: 1, measured: temperature),
  ]
}
