import Evaluation
import Foundation
import LanguageModel
import Optimizers
import PPO
package import Reports
import Training
import Workbench

/// The third act: what a baseline does to training, over paired seeds.
package struct TrainingAct: Codable, Sendable {
  /// One baseline at one offset of the reward, over its seeds.
  package struct Arm: Codable, Sendable {
    /// The arm's name.
    package var name: String
    /// The baseline's name in specifications.
    package var baseline: String
    /// The same with what else is done to the advantages: whitening, rewards to go.
    package var estimator: String
    /// The offset of the reward in its standard deviations under the reference.
    package var offset: Double
    /// The tuned learning rate.
    package var learningRate: Double
    /// E_x KL(π‖π*) at the end, in nats.
    package var suboptimality: Estimate
    /// log₁₀ of the same, in which baselines differ by factors.
    package var logSuboptimality: Estimate
    /// (J − J_ref)/(J* − J_ref) at the end.
    package var objective: Estimate
    /// Rollouts until the objective first reached 0.9; of the seeds that reached it.
    package var rolloutsToNinety: Estimate
    /// The seeds that reached 0.9.
    package var reached: Int
    /// The seeds that ended worse than the reference, or met a non-finite number.
    package var collapsed: Int
    /// The seeds.
    package var seeds: Int
  }

  /// Two arms, paired by seed, in log₁₀ of the final suboptimality.
  package struct Difference: Codable, Sendable {
    /// The arm from which is subtracted.
    package var first: String
    /// The arm that is subtracted.
    package var second: String
    /// log₁₀ KL(first) − log₁₀ KL(second): above zero where the first ends farther from π*.
    package var logRatio: Estimate
    /// The exact two-sided p-value of the sign-flip test.
    package var signFlipP: Double
  }

  /// The arms in the order of the specification.
  package var arms: [Arm]
  /// Every estimator against the soft value at its offset, against its baseline alone, and at +3
  /// against itself at 0.
  package var differences: [Difference]
  /// Updates of every run.
  package var iterations: Int

  /// The share of the way from the reference to the optimum that counts as having arrived.
  package static let arrival = 0.9

  init(_ specification: ExperimentSpecification, cells: [CellRecord]) {
    let runs = specification.arms.map { arm in
      TrainingRuns(arm, cells: cells.filter { $0.arm == arm.name })
    }
    arms = runs.map(\.summary)
    iterations = cells.flatMap { $0.evaluations.map(\.step) }.max() ?? 0
    differences = runs.flatMap { run in
      runs.filter { $0.isControl(for: run) }.compactMap { run.difference(from: $0) }
    }
  }
}

/// The cells of one arm.
private struct TrainingRuns {
  let arm: ArmSpecification
  let cells: [CellRecord]

  init(_ arm: ArmSpecification, cells: [CellRecord]) {
    (self.arm, self.cells) = (arm, cells.sorted { $0.seed < $1.seed })
  }

  private var settings: PPOConfiguration? {
    guard case .ppo(let settings, _) = arm.method else { return nil }
    return settings
  }
  private var baseline: String { settings?.baseline.rawValue ?? arm.method.name }
  /// What is done to the advantages R − b before they are learnt from.
  private var treatment: [String] {
    [
      settings?.whitensAdvantages == true ? "whitened" : nil,
      settings?.tokenReturn == .toGo ? "reward-to-go" : nil,
    ].compactMap(\.self)
  }
  private var estimator: String { ([baseline] + treatment).joined(separator: " ") }
  private var offset: Double { arm.rewardOffset ?? 0 }

  private func last(_ key: MetricKey) -> [Double] {
    cells.map { $0.evaluations.last?.values[key] ?? .nan }
  }

  private var logs: [Int: Double] {
    var logs: [Int: Double] = [:]
    for (cell, value) in zip(cells, last(.suboptimality)) { logs[cell.seed] = log10(value) }
    return logs
  }

  var summary: TrainingAct.Arm {
    let arrivals = cells.compactMap { cell in
      cell.evaluations.first { ($0.values[.objective] ?? 0) >= TrainingAct.arrival }
    }
    let ends = last(.objective)
    return TrainingAct.Arm(
      name: arm.name, baseline: baseline, estimator: estimator, offset: offset,
      learningRate: settings?.learningRate ?? .nan,
      suboptimality: Estimate(over: last(.suboptimality)),
      logSuboptimality: Estimate(bySeed: logs), objective: Estimate(over: ends),
      rolloutsToNinety: Estimate(over: arrivals.map { Double($0.cost.rollouts) }),
      reached: arrivals.count,
      collapsed: zip(cells, ends).count { cell, end in
        cell.outcome != .completed || !(end >= 0)
      }, seeds: cells.count)
  }

  func isControl(for other: TrainingRuns) -> Bool {
    guard offset == other.offset else {
      return estimator == other.estimator && offset == 0
    }
    guard estimator != other.estimator else { return false }
    let isSoftValue = baseline == BaselineKind.softValue.rawValue
    return treatment.isEmpty
      ? isSoftValue || baseline == other.baseline
      : isSoftValue && treatment == other.treatment
  }

  func difference(from control: TrainingRuns) -> TrainingAct.Difference? {
    let (own, others) = (logs, control.logs)
    let gaps = own.keys.sorted().compactMap { seed in
      others[seed].map { (own[seed] ?? .nan) - $0 }
    }.filter(\.isFinite)
    guard !gaps.isEmpty else { return nil }
    return TrainingAct.Difference(
      first: arm.name, second: control.arm.name, logRatio: Estimate(over: gaps),
      signFlipP: rounded(signFlipProbability(of: gaps)))
  }
}
