import DPO
import Evaluation
import ExactTheory
import Foundation
import LanguageModel
import PPO
import RewardModeling
import Tokenization
import Training

/// Writes down what a training shows, and evaluates its policy at the planned steps.
struct ArmRecorder {
  private(set) var record: CellRecord
  private let evaluator: PolicyEvaluator?
  private let heldOut: HeldOutPreferences?
  private var log: MetricsLog
  private let plan: Set<Int>
  /// The evaluator of the path between checkpoints, and the steps at which it looks.
  private let path: (evaluator: PolicyEvaluator?, steps: Set<Int>)
  private let total: Int
  private let measuresGradients: Bool
  /// What was spent before this cell, on the reward model that it reads.
  private let before: Cost
  private let report: (_ step: Int, _ of: Int, _ note: String) -> Void

  init(
    _ record: CellRecord, _ inputs: ArmInputs, settings: EvaluationSpecification,
    total: Int, before: Cost, report: @escaping (_ step: Int, _ of: Int, _ note: String) -> Void
  ) throws {
    (self.record, evaluator, heldOut) = (record, inputs.evaluator, inputs.heldOut)
    (self.total, self.report, self.before) = (total, report, before)
    log = try MetricsLog(inputs.folder)
    plan = Set(settings.steps(of: total))
    path = (
      inputs.evaluator?.limited(to: settings.promptsOfPath), Set(settings.pathSteps(of: total))
    )
    measuresGradients = settings.gradients
  }

  /// Takes a step's metrics; evaluates where the plan says so, the value model as a baseline too.
  mutating func observe(
    _ step: Int, _ policy: borrowing Transformer<Float>, value: ScalarModel<Float>? = nil,
    metrics: [String: Double], cost: Cost, note: String
  ) throws {
    try Task.checkCancellation()
    record.training.append(try log.add(step, metrics))
    record.cost = before + cost
    if let evaluator = path.evaluator, path.steps.contains(step) {
      let values = try evaluator.evaluate(copy policy).logged
      record.path = (record.path ?? []) + [row(step, values)]
    }
    if let evaluator, plan.contains(step) {
      let evaluation = try evaluator.evaluate(copy policy)
      record.evaluations.append(row(step, evaluation.logged))
      addToLastEvaluation(gradients(of: copy policy, value: value))
      if let heldOut { addToLastEvaluation(heldOut.values(of: copy policy)) }
      record.samples = evaluation.samples.map(SampleRecord.init)
      if step == 0 {
        let kl = CertificateCheck(
          name: "KL in the evaluation at step 0", expected: 0, measured: evaluation.kl)
        let reward = CertificateCheck(
          name: "reward less the reference's in the evaluation at step 0", expected: 0,
          measured: evaluation.goldOverReference)
        certify(evaluation.judge == nil ? [kl] : [kl, reward])
      }
    }
    report(step, total, note)
  }

  /// An evaluation's values beside what training had spent; at step 0 its first update has not been made.
  private func row(_ step: Int, _ values: [String: Double]) -> EvaluationRow {
    EvaluationRow(step: step, cost: step == 0 ? before : record.cost, values: values)
  }

  /// What the exact gradients of a policy look like, where that is asked for.
  private func gradients(
    of policy: Transformer<Float>, value: ScalarModel<Float>?
  ) -> [String: Double] {
    guard measuresGradients, let goal = evaluator?.goal else { return [:] }
    let values = value.map { model in
      model.lastTokenScores(
        of: goal.prompts.map { TokenSequence(prompt: $0, completion: []) }
      ).map { Double($0) }
    }
    return GradientReport(of: policy, towards: goal, learnedValues: values).logged
  }

  /// Adds checks to the certificate.
  mutating func certify(_ checks: [CertificateCheck]) { record.certificate += checks }

  /// Adds values to the last evaluation.
  mutating func addToLastEvaluation(_ values: [String: Double]) {
    guard let last = record.evaluations.indices.last else { return }
    record.evaluations[last].values.merge(values) { _, new in new }
  }

  /// The finished record.
  func finished(outcome: TrainingOutcome) -> CellRecord {
    var record = record
    record.outcome = outcome
    return record
  }
}

extension SeedWork {
  /// A recorder of an arm's training.
  func recorder(
    _ record: CellRecord, _ inputs: ArmInputs, total: Int, before: Cost,
    _ report: @escaping (Int, Int, String) -> Void
  ) throws -> ArmRecorder {
    try ArmRecorder(
      record, inputs, settings: specification.evaluation, total: total, before: before,
      report: report)
  }
}

extension CellRecord {
  /// Writes `cell.json` and `metrics.jsonl`.
  func write(to folder: URL) throws {
    try encodeRecord(self).write(to: folder.appending(path: "cell.json"))
    let lines = try training.map { try $0.line }
    try Data(lines.joined()).write(to: folder.appending(path: "metrics.jsonl"))
  }
}
