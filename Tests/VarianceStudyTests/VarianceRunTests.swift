import Foundation
import Reports
import TestSupport
import Testing
import VarianceStudy
import Workbench

/// The whole of `tandem variance` on a few steps.
@Suite struct VarianceRunTests {
  private func experiment(_ arms: String, evaluation: String, in folder: URL) async throws
    -> ExperimentRunner
  {
    let specification = try ExperimentSpecification(
      yaml: """
        task: {name: enumerable-language, words: 3, maximum_words: 2}
        model: {preset: tiny, max_length: 8}
        seeds: 2
        beta: 0.5
        data: {demonstrations: 64, pairs: 32, test_pairs: 16}
        sft: {max_steps: 5, per_device_train_batch_size: 16}
        reward: {num_train_epochs: 1, per_device_train_batch_size: 16}
        evaluation: {prompts: 8, checkpoints: 2, samples: 1\(evaluation)}
        arms:
        \(arms)
        """, file: "trial.yaml", name: folder.lastPathComponent)
    let runner = try ExperimentRunner(specification, folder: folder)
    try await runner.run(jobs: 2)
    return runner
  }

  private func results(in folder: URL) async throws -> VarianceResults {
    let ppo = "iterations: 2, rollouts_per_iteration: 8, num_mini_batches: 1, gradient_shards: 2"
    let model = try await experiment(
      """
        - {name: PPO-GT, reward: gold, ppo: {\(ppo)}}
        - {name: PPO, ppo: {\(ppo)}}
        - {name: exact ascent, exact-ascent: {max_steps: 60, learning_rate: 3e-3}}
      """, evaluation: ", gradients: true", in: folder.appending(path: "model"))
    let training = try await experiment(
      """
        - {name: none, reward: gold, reward_offset: 0, ppo: {baseline: none, \(ppo)}}
        - {name: soft value, reward: gold, reward_offset: 0, ppo: {baseline: soft-value, \(ppo)}}
        - {name: none +3 sd, reward: gold, reward_offset: 3, ppo: {baseline: none, \(ppo)}}
      """, evaluation: "", in: folder.appending(path: "training"))
    return try VarianceResults(model: model, training: training, samples: 2000)
  }

  @Test func everyPartIsWrittenAndTheModelActMeansWhatItsNamesSay() async throws {
    let folder = try TemporaryFolder()
    let found = try await results(in: folder.url)
    do { try await found.write(to: folder.url.appending(path: "results")) } catch FigureError
      .noGnuplot
    {}
    let page = String(decoding: try folder.data("results/report.html"), as: UTF8.self)
    for mark in ["src=", "@import", "<link", "<script", "http"] {
      #expect(!page.replacing("http://www.w3.org", with: "").contains(mark), "\(mark)")
    }
    let parts = [
      "derivation", "remark", "exact", "transformer", "training", "verdict", "reproduce",
    ]
    for part in parts { #expect(page.contains("id=\"\(part)\"")) }
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appending(path: "results").path
    ).filter { $0.hasSuffix(".gp") }.map { String($0.dropLast(3)) }
    #expect(names.count >= 8)
    for name in names { #expect(page.contains("<figure id=\"\(name)\">"), "\(name)") }
    #expect(try folder.data("results/summary.json").count < 20_480)
    let claims = try ClaimFile(in: folder.url.appending(path: "results")).claims
    #expect(claims.filter { $0.tier == .law }.count == 7)
    #expect(claims.filter(\.failsBuild).isEmpty)
    try expectMeaningfulModelAct(found.model)
  }

  /// Facts that no training can change: a zero head is no baseline; ascent comes nearer to π*.
  private func expectMeaningfulModelAct(_ act: ModelAct) throws {
    let ppo = try #require(act.arms.first { $0.name == "PPO-GT" }?.points.first)
    #expect(ppo.valueError?.mean == 1)
    #expect(ppo.covarianceTraces["learned-value"] == ppo.covarianceTraces["none"])
    #expect(act.arms.first { $0.name == "PPO" }?.points.first?.valueError == nil)
    let ascent = try #require(act.arms.first { $0.name == "exact ascent" }?.points)
    let (start, end) = (try #require(ascent.first), try #require(ascent.last))
    #expect(end.suboptimality.mean < 0.1 * start.suboptimality.mean)
    let least = try #require(start.covarianceTraces["optimal"]?.mean)
    #expect(start.covarianceTraces.values.allSatisfy { $0.mean >= least })
    #expect(act.units.count == 12 && act.units.allSatisfy { $0.flops > 0 && $0.noiseScale.n == 2 })
  }
}
