import Autograd
import Foundation
import LanguageModel
import Testing
import Tokenization

/// The published model of 260,032 parameters, where `TANDEM_STORIES` or the shared data has it.
private let folder: URL = {
  let named = ProcessInfo.processInfo.environment["TANDEM_STORIES"].map { URL(filePath: $0) }
  return named
    ?? URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "../../../shared/data/stories260K").standardizedFileURL
}()
private let isAtHand = FileManager.default.fileExists(
  atPath: folder.appending(path: "stories260K.bin").path)

@Suite struct StoriesTests {
  @Test(.enabled(if: isAtHand, "stories260K is absent: name its folder in TANDEM_STORIES"))
  func aModelTrainedElsewhereTellsItsPublishedStory() throws {
    let file = try Llama2CFile(contentsOf: folder.appending(path: "stories260K.bin"))
    let model = try file.transformer()
    #expect(model.parameters.scalarCount == 260_032)
    let pieces = try readPieces(from: folder.appending(path: "tok512.bin"))
    #expect(pieces.vocabularySize == 512)
    var sampler = Sampler(model, temperature: 0)
    let story = sampler.sample(
      prompts: [pieces.encodePrompt("")], maximumTokens: 256, endToken: pieces.endToken
    ) { _, _ in 0 }
    let page = try String(contentsOf: folder.appending(path: "stories260K.md"), encoding: .utf8)
    let expected = try #require(
      page.components(separatedBy: "-t 0.0\n").last?.components(separatedBy: "\n```").first)
    #expect(pieces.decode(story[0].sequence.tokens) == expected)
    // The story is text of the training set's kind: its pieces are those that encoding finds.
    #expect(pieces.encodePrompt(expected) == story[0].sequence.tokens)
  }
}
