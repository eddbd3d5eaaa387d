import Autograd
import Foundation
import LanguageModel
import Optimizers
import Optimizers
import Tasks
import Tasks
import TensorKernels
import TestSupport
import Testing
import Tokenization
import Training
import Workbench

/// An experiment on stories whose reference is a model file, with a file of our own in place of the
/// published one.
@Suite struct PretrainedReferenceTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let letters = " .,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
    let bytes = (0..<256).map {
      "<0x" + String($0 + 256, radix: 16, uppercase: true).dropFirst() + ">"
    }
    let names = ["<unk>", "<s>", "</s>"] + bytes + letters + [" happy", " sad"]
    let entries = names.flatMap { words([0, UInt32($0.utf8.count)]) + Array($0.utf8) }
    try Data(words([8]) + entries).write(to: folder.url.appending(path: "tok512.bin"))
    try writeModel(vocabulary: names.count)
  }

  private func words(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// One layer of width 8; small weights by a formula.
  private func writeModel(vocabulary: Int) throws {
    let (width, inner, length) = (8, 8, 256)
    let count = vocabulary * width + 4 * width * width + 3 * width * inner
    func values(_ count: Int) -> [Float] { (0..<count).map { sin(Float($0)) / 4 } }
    let gains = [Float](repeating: 1, count: width)
    let matrices = values(count)
    let embedding = matrices.prefix(vocabulary * width)
    let attention = matrices.dropFirst(vocabulary * width).prefix(4 * width * width)
    let blocks = matrices.suffix(3 * width * inner)
    let tables = [Float](repeating: 0, count: length * 4)
    let all = embedding + gains + attention + gains + blocks + gains + tables
    let header = [width, inner, 1, 2, 2, vocabulary, length].map { UInt32($0) }
    try Data(words(header + all.map(\.bitPattern)))
      .write(to: folder.url.appending(path: "model.bin"))
  }

  private func specification(width: Int = 8) throws -> ExperimentSpecification {
    try ExperimentSpecification(
      yaml: """
        task: {name: stories, data_folder: "\(folder.url.path)"}
        model: {checkpoint: model.bin, num_hidden_layers: 1, hidden_size: \(width), intermediate_size: 8, num_attention_heads: 2, max_length: 256}
        seeds: 2
        share_sft: true
        beta: 0.3
        data: {pairs: 16, test_pairs: 8}
        arms: [{name: DPO, dpo: {num_train_epochs: 1, per_device_train_batch_size: 8}}]
        evaluation: {prompts: 8, checkpoints: 1}
        """, file: "e.yaml", name: "stories-test")
  }

  private func run(_ specification: ExperimentSpecification) async throws -> ExperimentRunner {
    let runner = try ExperimentRunner(specification, folder: folder.url.appending(path: "run"))
    try await runner.run(jobs: 1)
    return runner
  }

  @Test func everyArmStartsFromTheModelOfTheFile() async throws {
    let runner = try await run(specification())
    let published = try ModelFolder(folder.url.appending(path: "model.bin")).policy()
    let reference = ModelFolder(folder.url.appending(path: "run/seed-1/sft/checkpoint"))
    let (stored, trained) = (
      try reference.policy(),
      try ModelFolder(folder.url.appending(path: "run/seed-2/dpo/checkpoint")).policy()
    )
    let sequence = [TokenSequence(prompt: [1], completion: [262, 270, 1])]
    let expected = published.logProbabilities(of: sequence)
    #expect(stored.logProbabilities(of: sequence) == expected)
    #expect(trained.logProbabilities(of: sequence) != expected)
    #expect(
      try reference.tokenizer().encodePrompt("so happy")
        == runner.task.tokenizer.encodePrompt("so happy"))
    let records = try runner.records()
    #expect(records.filter { $0.method == "pretrained" }.count == 1)
    #expect(records.allSatisfy { $0.outcome == .completed })
  }

  @Test func aFileOfOtherSizesIsRefusedByName() async throws {
    let other = try specification(width: 16)
    let error = await #expect(throws: SpecificationError.self) { _ = try await run(other) }
    #expect(error.map { "\($0)".contains("model.bin") } == true)
  }

  @Test func aQuickTrialKeepsThePretrainedModel() throws {
    let specification = try specification()
    #expect(specification.quickTrial().model == specification.model)
    #expect(specification.model.name == "model.bin")
  }
}
