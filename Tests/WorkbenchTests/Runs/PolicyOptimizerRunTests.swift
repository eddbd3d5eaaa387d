import Explanations
import Foundation
import Optimizers
import PPO
import TestSupport
import Testing
import Training
import Workbench

/// An arm for each optimiser, dialect and gallery fault, on a language that can be listed.
private let specificationOfAll: String = {
  let size = "iterations: 2, rollouts_per_iteration: 64, response_length: 3"
  let arms =
    PolicyOptimizer.allCases.map { "  - {name: \($0.rawValue), \($0.rawValue): {\(size)}}" }
    + PPODialect.allCases.map {
      "  - {name: as \($0.rawValue), ppo: {\(size), dialect: \($0.rawValue), gradient_shards: 2}}"
    }
    + GalleryFault.allCases.map {
      "  - {name: \($0.rawValue), ppo: {\(size), temperature: 0.7}, gallery_fault: \($0.rawValue)}"
    }
  return """
    task: {name: enumerable-language, words: 3, maximum_words: 2}
    model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 16}
    seeds: 1
    beta: 0.4
    same_objective: false
    data: {demonstrations: 64, pairs: 32, test_pairs: 8}
    sft: {max_steps: 8, per_device_train_batch_size: 16}
    reward: {num_train_epochs: 1, per_device_train_batch_size: 16}
    arms:
    \(arms.joined(separator: "\n"))
    evaluation: {prompts: 16, checkpoints: 1, samples: 2}
    """
}()

@Suite struct PolicyOptimizerRunTests {
  @Test func everyOptimizerDialectAndFaultRunsToItsEnd() async throws {
    let folder = try await run(try read(specificationOfAll))
    let sound =
      PolicyOptimizer.allCases.map(\.rawValue) + PPODialect.allCases.map { "as-\($0.rawValue)" }
    for slug in sound {
      let record = try record("seed-1/\(slug)", in: folder)
      #expect(record.outcome == .completed && record.isPolicyGradient, "\(slug)")
      // Ratios of one and a KL of zero before the first update, whatever the details are.
      let first = record.training[0].values
      #expect(first["val/ratio_min"] == 1 && first["val/ratio_max"] == 1, "\(slug)")
      #expect(first["objective/kl_k1"] == 0 && first["policy/approxkl_avg"] == 0, "\(slug)")
      let metrics = record.training.flatMap(\.values.values)
      #expect(metrics.filter { !$0.isFinite }.isEmpty, "\(slug)")
    }
    #expect(try record("seed-1/rloo", in: folder).method == "rloo")
    #expect(
      try record("seed-1/as-instructgpt", in: folder).training[1].values["objective/kl_coef"]
        == 0.02)
  }

  @Test func faultsThatShowBeforeTrainingAreDiagnosedInTheRunFolder() async throws {
    let folder = try await run(try read(specificationOfAll))
    let diagnoses = DiagnosisDocument(try MetricsHistory.all(at: folder.url)).runs
    func symptoms(_ slug: String) -> [GallerySymptom] {
      diagnoses.first { $0.name == "seed-1/\(slug)" }?.findings.map(\.symptom) ?? []
    }
    #expect(symptoms("temperature-mismatch") == [.temperatureMismatch])
    #expect(symptoms("noisy-log-probabilities") == [.noisyLogProbabilities])
    #expect(symptoms("aliased-reference") == [.aliasedReference])
    #expect(diagnoses.count == PolicyOptimizer.allCases.count + PPODialect.allCases.count + 4)
  }
}
