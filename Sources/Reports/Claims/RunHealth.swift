import Evaluation
import Training

/// Whether an experiment's runs may be concluded from, or why not.
///
/// A verdict about arms is void where a number that is known before anything is learned came out wrong, where
/// too many of an arm's seeds diverged or collapsed, where its policy no longer speaks the language, or
/// where the arms did not learn from the same things. The bounds are stated here, before any run.
package struct RunHealth: Sendable {
  private let summary: ExperimentSummary

  /// The largest share of an arm's seeds that may diverge or collapse.
  package static let largestLostShare = 0.2
  /// The least share of completions that end, as a multiple of the reference's.
  package static let leastEndShare = 0.1
  /// The largest mean KL to the reference in nats a completion: far beyond every sound run here.
  package static let largestKL = 50.0

  /// The health of the runs that a summary is of.
  package init(of summary: ExperimentSummary) { self.summary = summary }

  /// Why nothing can be concluded about these arms; nil where they are healthy.
  ///
  /// - Parameters:
  ///   - arms: The names of the arms compared; `SFT` is the reference policy.
  ///   - isObjective: Whether J is compared, which every arm has to be trained for.
  ///   - isSweep: Whether the arms are settings of sweeps over β, so that theirs may differ.
  /// - Returns: The first thing that is wrong, in words.
  package func problem(
    of arms: [String], isObjective: Bool = false, isSweep: Bool = false
  ) -> String? {
    if let line = failedChecks(of: arms).first { return "certificate failed: \(line)" }
    for arm in summary.arms where arms.contains(arm.name) {
      if let problem = problem(of: arm) { return "\(arm.name): \(problem)" }
    }
    return dataProblem(of: arms)
      ?? (isSweep ? nil : betaProblem(of: arms, isObjective: isObjective))
  }

  // MARK: One arm

  /// The lines that failed in the arms or in a stage before them; a failure that belongs to no arm counts for all.
  private func failedChecks(of arms: [String]) -> [String] {
    let known = Set((summary.evidence ?? []).flatMap(\.failedChecks))
    let own = arms.flatMap { evidence(of: $0)?.failedChecks ?? [] }
    let others = summary.certificate.filter { $0.passed < $0.cells && !known.contains($0.name) }
    return own + others.map(\.name)
  }

  private func problem(of arm: ArmSummary) -> String? {
    let runs = arm.completed + arm.diverged
    // A collapsed seed has completed; one that is both is counted once, as diverged.
    let lost = arm.diverged + arm.collapsed
    if Double(lost) > Self.largestLostShare * Double(runs) {
      return "\(lost) of \(runs) seeds diverged or collapsed"
    }
    if runs - lost < Criterion.fewestSeeds {
      return "\(runs - lost) healthy seed\(runs - lost == 1 ? "" : "s"); "
        + "\(Criterion.fewestSeeds) are needed"
    }
    if let kl = arm.final[MetricKey.kl.rawValue]?.mean, !(kl <= Self.largestKL) {
      return "a KL of \(readable(kl)) nats, above \(readable(Self.largestKL))"
    }
    let ofReference = summary.reference[MetricKey.eosRate.rawValue]?.mean ?? 1
    if let ended = arm.final[MetricKey.eosRate.rawValue]?.mean,
      !(ended >= Self.leastEndShare * ofReference)
    {
      return "\(readable(100 * ended)) % of its completions end"
    }
    return nil
  }

  // MARK: Several arms

  private func dataProblem(of arms: [String]) -> String? {
    // The reference's numbers are read from the first arm with a curve.
    let reference = summary.arms.first { !$0.stability.isEmpty }?.name
    let read = arms.compactMap { evidence(of: $0 == "SFT" ? reference ?? "" : $0) }
    for (first, second) in zip(read, read.dropFirst()) {
      for (seed, hashes) in first.dataHashes.sorted(by: { $0.key < $1.key }) {
        guard let other = second.dataHashes[seed], other != hashes else { continue }
        return "\(first.arm) and \(second.arm) did not read the same data at seed \(seed)"
      }
    }
    return nil
  }

  private func betaProblem(of arms: [String], isObjective: Bool) -> String? {
    let facts = summary.facts
    let betas = facts.arms.filter { arms.contains($0.name) }.compactMap { arm in
      arm.beta.map { (arm.name, $0) }
    }
    for (name, beta) in betas where isObjective && beta != facts.beta {
      return "\(name) was trained with β = \(short(beta)), the objective has \(short(facts.beta))"
    }
    for (first, second) in zip(betas, betas.dropFirst()) where first.1 != second.1 {
      return "\(first.0) was trained with β = \(short(first.1)), "
        + "\(second.0) with \(short(second.1))"
    }
    return nil
  }

  private func evidence(of arm: String) -> ArmEvidence? {
    summary.evidence?.first { $0.arm == arm }
  }
}
