import Evaluation
import LanguageModel
import Training
import Workbench

/// What stands on the horizontal axis of a reward curve, and what two arms are matched by.
enum CurveAxis: String, CaseIterable, Sendable {
  case step, kl, flops

  var title: String {
    switch self {
    case .step: "training steps"
    case .kl: "KL"
    case .flops: "FLOPs"
    }
  }

  var label: String {
    switch self {
    case .step: "training steps done, % (DPO: batches of pairs; PPO: iterations of rollouts)"
    case .kl: "sequence KL(π‖π_ref), nats"
    case .flops: "training cost, GFLOP (reward model included, SFT left out)"
    }
  }

  /// A row's place on the axis, in a run of `steps` steps.
  func value(_ row: EvaluationRow, ofSteps steps: Int) -> Double {
    switch self {
    case .step: 100 * Double(row.step) / Double(max(1, steps))
    case .kl: row.values[.kl] ?? .nan
    case .flops: Double(row.cost.flops) / 1e9
    }
  }
}
