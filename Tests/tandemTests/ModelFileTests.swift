import Foundation
import Testing

/// The published model, where `TANDEM_STORIES` or the shared data has it.
private let stories: URL = {
  let named = ProcessInfo.processInfo.environment["TANDEM_STORIES"].map { URL(filePath: $0) }
  return named
    ?? URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "../../../shared/data/stories260K").standardizedFileURL
}()
private let isAtHand = FileManager.default.fileExists(
  atPath: stories.appending(path: "stories260K.bin").path)

private func bytes(_ words: [UInt32]) -> [UInt8] {
  words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}

/// A llama2.c model of one layer without weights to speak of, and pieces for its vocabulary.
///
/// Every tensor is zero but the gains and two embeddings: " so" follows "<unk>" and itself; after any
/// other token all are alike, and greedy sampling takes the first one, "<unk>".
private func writeModel(to tandem: TandemProcess, vocabulary: Int = 261) throws {
  let (width, inner, length) = (2, 2, 16)
  var embedding = [Float](repeating: 0, count: vocabulary * width)
  embedding[0] = 1
  embedding[259 * width] = 2
  let gains: [Float] = [1, 1]
  let zeros = [Float](repeating: 0, count: 4 * width * width)
  let blocks = [Float](repeating: 0, count: 3 * width * inner)
  let tables = [Float](repeating: 0, count: length * width)
  let values = embedding + gains + zeros + gains + blocks + gains + tables
  let sizes = [width, inner, 1, 1, 1, vocabulary, length].map { UInt32($0) }
  let data = Data(bytes(sizes + values.map(\.bitPattern)))
  try data.write(to: tandem.folder.appending(path: "model.bin"))
}

private func writePieces(to tandem: TandemProcess, as name: String = "tok261.bin") throws {
  let digits = (0..<256).map { String($0 + 256, radix: 16, uppercase: true).dropFirst() }
  let names = ["<unk>", "\n<s>\n", "\n</s>\n"] + digits.map { "<0x\($0)>" } + [" so", "x"]
  let entries = names.flatMap { name in
    bytes([0, UInt32(name.utf8.count)]) + Array(name.utf8)
  }
  try Data(bytes([8]) + entries).write(to: tandem.folder.appending(path: name))
}

@Suite struct ModelFileTests {
  @Test(.enabled(if: isAtHand, "stories260K is absent: name its folder in TANDEM_STORIES"))
  func theCommandTellsThePublishedStory() async throws {
    let tandem = try TandemProcess()
    let model = stories.appending(path: "stories260K.bin").path
    let result = try await tandem.run(
      "sample", "--model", model, "--greedy", "--max-tokens", "256")
    #expect(result.exitCode == 0, "\(result.errors)")
    let page = try String(contentsOf: stories.appending(path: "stories260K.md"), encoding: .utf8)
    let expected = try #require(
      page.components(separatedBy: "-t 0.0\n").last?.components(separatedBy: "\n```").first)
    #expect(result.output == expected + "\n")
  }

  @Test func aModelInOneFileIsSampledWithTheTokenizerBesideIt() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    let nothing = try await tandem.run(
      "sample", "--model", "model.bin", "--greedy", "--max-tokens", "3", "--json")
    #expect(nothing.exitCode == 0, "\(nothing.errors)")
    #expect(try TandemProcess.object(nothing.output)?["prompt"] as? String == "")
    let prompted = try await tandem.run(
      "sample", "--model", "model.bin", "--greedy", "--max-tokens", "3", "--prompt", "so")
    #expect(prompted.output == "so ⟶  so so\n", "\(prompted.errors)")
  }

  @Test func severalSamplesDifferAndASeedRepeatsThem() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    func sample(_ seed: String) async throws -> [Substring] {
      let result = try await tandem.run(
        "sample", "--model", "model.bin", "--count", "3", "--max-tokens", "8", "--seed", seed,
        "--temperature", "2", "--json")
      #expect(result.exitCode == 0, "\(result.errors)")
      return result.output.split(separator: "\n")
    }
    let first = try await sample("4")
    #expect(first.count == 3)
    #expect(Set(first).count == 3)
    #expect(try await sample("4") == first)
  }

  @Test func aTokenizerMayBeNamed() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    let missing = try await tandem.run("sample", "--model", "model.bin", "--greedy")
    #expect(missing.exitCode == 66)
    #expect(
      missing.errors.contains("tok261.bin") && missing.errors.contains("--tokenizer"),
      "\(missing.errors)")
    try writePieces(to: tandem, as: "pieces")
    let named = try await tandem.run(
      "sample", "--model", "model.bin", "--tokenizer", "pieces", "--greedy", "--prompt", "so",
      "--max-tokens", "2")
    #expect(named.output == "so ⟶  so\n", "\(named.errors)")
  }

  @Test func aTokenizerOfAnotherModelIsRefused() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem, vocabulary: 260)
    try writePieces(to: tandem, as: "tokenizer.bin")
    let result = try await tandem.run("sample", "--model", "model.bin", "--greedy")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("261 tokens"), "\(result.errors)")
  }

  @Test func aDamagedModelIsRefusedByName() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    let file = tandem.folder.appending(path: "model.bin")
    try Data(contentsOf: file).dropLast(5).write(to: file)
    let result = try await tandem.run("sample", "--model", "model.bin", "--greedy")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("model.bin: not a model of llama2.c"), "\(result.errors)")
  }

  @Test func aRewardModelIsNotAskedOfALanguageModelsFile() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    try tandem.write(#"{"prompt":"x","chosen":" so","rejected":" x"}"#, to: "pairs.jsonl")
    let result = try await tandem.run(
      "ppo", "--model", "model.bin", "--reward", "model.bin", "--data", "pairs.jsonl",
      "--output", "out")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("tandem reward"), "\(result.errors)")
  }
}

@Suite struct MachineAndScoreCommandTests {
  @Test func theDoctorSaysWhatDecidesTheBits() async throws {
    let tandem = try TandemProcess()
    let text = try await tandem.run("doctor")
    #expect(text.exitCode == 0 && text.errors.isEmpty, "\(text.errors)")
    #expect(text.output.contains("bits  multiply-add") && text.output.contains("vector width"))
    let json = try await tandem.run("doctor", "--json")
    let document = try #require(try TandemProcess.object(json.output))
    #expect(document["schema"] as? String == "tandem.doctor/1")
    let findings = try #require(document["findings"] as? [[String: any Sendable]])
    #expect(findings.count == 6)
    let core = findings.first { $0["name"] as? String == "cores" }
    #expect(core?["affects_bits"] as? Bool == false)
  }

  @Test func scoresNameWhatTheyAre() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    let lines = [
      #"{"prompt":"x","chosen":" so","rejected":"x x"}"#,
      #"{"prompt":"","chosen":"x","rejected":" so"}"#,
    ]
    try tandem.write(lines.joined(separator: "\n"), to: "pairs.jsonl")
    let alone = try await tandem.run(
      "score", "--model", "model.bin", "--data", "pairs.jsonl", "--json")
    let document = try #require(try TandemProcess.object(alone.output), "\(alone.errors)")
    #expect(document["score"] as? String == "mean-log-probability")
    #expect(document["pairs"] as? Int == 2)
    let both = try await tandem.run(
      "score", "--model", "model.bin", "--reference", "model.bin", "--data", "pairs.jsonl",
      "--beta", "0.5", "--count", "1")
    #expect(
      both.output.hasSuffix("implicit-reward: accuracy 0.000 and margin 0.0000 on 1 pairs\n"),
      "\(both.output)\(both.errors)")
  }

  @Test func turnsNeedTheirMarksInTheVocabulary() async throws {
    let tandem = try TandemProcess()
    try writeModel(to: tandem)
    try writePieces(to: tandem)
    let result = try await tandem.run(
      "sample", "--model", "model.bin", "--chat", "--prompt", "so")
    #expect(result.exitCode == 65)
    #expect(result.errors.contains("<|im_start|>"), "\(result.errors)")
    let alone = try await tandem.run("sample", "--model", "model.bin", "--system", "x")
    #expect(alone.exitCode == 64)
  }
}
