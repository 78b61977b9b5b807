#pragma once

#include <string>
#include <vector>

#include "services/roomctl/command.h"
#include "services/roomctl/output.h"

namespace roomkeeper {

// Reads every page of a list. JSON: one answer with the entries of all pages. Table: `add_rows`
// appends to `rows`, printed at the end.
template <typename Answer, typename Request, typename Call, typename AddRows>
ExitCode ListPages(CommandContext& context, Request request, Call call_page, AddRows add_rows,
                   const std::vector<std::vector<std::string>>& rows) {
  request.set_page_size(500);
  Answer answer;
  Answer all;
  do {
    request.set_page_token(answer.next_page_token());
    answer.Clear();
    const auto call = context.connection()->NewCall();
    if (const grpc::Status status = call_page(call.get(), request, &answer); !status.ok()) {
      return context.Fail(status);
    }
    if (context.json()) {
      all.MergeFrom(answer);
    } else {
      add_rows(answer);
    }
  } while (!answer.next_page_token().empty());
  if (context.json()) {
    all.clear_next_page_token();
    context.PrintJson(all);
  } else {
    PrintTable(rows, context.out());
  }
  return ExitCode::kOk;
}

}  // namespace roomkeeper
