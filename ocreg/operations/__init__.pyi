# Made by `ocreg types` of endpoint files. Changes are lost.
# ruff: noqa
# fmt: off
"""The types of operations, for type checkers and editors."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict

if sys.version_info >= (3, 11):
    from typing import NotRequired
elif TYPE_CHECKING:
    from typing_extensions import NotRequired

if TYPE_CHECKING:
    from ocreg.account.settings import Timeout
    from ocreg.bulk.reading import Iteration, Progress
    from ocreg.operations.named import AsyncIteration, AsyncSending, Sending

OperationId: TypeAlias = Literal[
    "finance.fees",
    "inbound.create",
    "inbound.detail",
    "inbound.label",
    "inbound.list",
    "inbound.upload_clearance",
    "inbound.upload_tracking",
    "oauth.authorize",
    "oauth.refresh",
    "oauth.token",
    "outbound.cancel",
    "outbound.create",
    "outbound.create_third_party_label",
    "outbound.freight_trial",
    "outbound.query",
    "pricing.estimate",
    "pricing.result",
    "returns.cancel",
    "returns.create",
    "returns.label",
    "returns.link_stock",
    "returns.query",
    "returns.stock",
    "returns.token",
    "sku.create",
    "sku.label",
    "sku.query",
    "sku.query_ef_service",
    "sku.setup_ef_service",
    "stock.age",
    "stock.movement",
    "stock.snapshot",
    "vas.cancel",
    "vas.create",
    "vas.query",
    "warehouse.services",
    "webhook.outbound",
]
"""The operations."""


class Reply(TypedDict):
    """The fields of every answer; the vendor omits some of them at times."""

    code: int
    """0 for a success."""
    message: str | None
    messageId: str | int | None
    errors: list[dict[str, Any]] | None
    success: bool | None


class FinanceFeesAnswer(Reply):
    """The answer of finance.fees."""

    data: Any


class InboundCreateDataCartonListItemProductListItem(TypedDict):
    MFSKUID: NotRequired[str]
    """OrangeConnex's id of the SKU."""
    quantity: NotRequired[str | int]
    """Pieces. A string of digits is safest, as in the examples; the field table says integer."""


class InboundCreateDataCartonListItem(TypedDict):
    sellerCartonNumber: NotRequired[str]
    """Your own number for the carton."""
    cartonNumber: NotRequired[str]
    """The carton's number."""
    cartonOriginCountry: NotRequired[str]
    """Country of origin; two characters in the examples."""
    labelSize: NotRequired[str]
    """The label size; its values are not known."""
    productList: NotRequired[Sequence[InboundCreateDataCartonListItemProductListItem]]
    """What is in the carton."""


class InboundCreateData(TypedDict):
    sellerInboundNumber: str
    """Your own number for the inbound order, its natural key."""
    serviceRegion: str
    """The destination, exactly as warehouse.services returns it."""
    shippingFrom: str
    """Country of origin, ISO 3166, two letters."""
    shippingMethod: Literal['TK', 'EX']
    """How the goods reach the warehouse. TK is truck, EX is express."""
    transportMethod: NotRequired[Literal['OF', 'AF', 'RF', 'TK']]
    """The main transport: OF ocean, AF air, RF rail, TK truck."""
    ETA: str | date
    """The day on which the goods are expected, with an offset."""
    VAT: NotRequired[str]
    """VAT number; may be empty."""
    needClearanceDoc: NotRequired[bool]
    """True obliges you to upload customs documents (inbound.upload_clearance). From the old handbook; the current field table does not have it."""
    cartonList: Sequence[InboundCreateDataCartonListItem]
    """The cartons."""


class InboundCreateAnswerData(TypedDict):
    inboundNumber: str
    """OrangeConnex's number of the new order."""


class InboundCreateAnswer(Reply):
    """The answer of inbound.create."""

    data: InboundCreateAnswerData


class InboundDetailData(TypedDict):
    startTime: NotRequired[str | datetime]
    """Start; at most a year ago."""
    endTime: NotRequired[str | datetime | None]
    """End; less than 7 days after startTime. Null means the time of the request."""
    inboundNumberList: NotRequired[Sequence[str]]
    """OrangeConnex's numbers."""
    sellerinboundNumberList: NotRequired[Sequence[str]]
    """Your own numbers. The i is lowercase here."""


class InboundDetailRowAsnListItem(TypedDict):
    asnNumber: str
    """The ASN's number."""


class InboundDetailRowBatchListItem(TypedDict):
    arrivalTime: int
    """Arrival, in epoch milliseconds according to one client."""
    asnnumber: str
    """The ASN's number. The n is lowercase here."""
    inboundBatchNumber: str
    """The batch's number."""


class InboundDetailRowFileListItem(TypedDict):
    file: str
    """The file; its form is not known."""
    fileName: str
    """The file's name."""
    fileType: str
    """The file's kind."""
    verifyStatus: str
    """The state of the file's check; its values are not known."""
    failReason: str
    """Why the file failed the check."""


class InboundDetailRowSKUListItem(TypedDict):
    sellerSKUID: Any
    """The seller's SKU."""
    MFSKUID: Any
    """OrangeConnex's id of the SKU. It may come under one of the next two names."""
    OCSKUID: Any
    """The same as MFSKUID."""
    ocskuid: Any
    """The same as MFSKUID."""
    SKUQuantity: Any
    """Pieces."""
    skuquantity: Any
    """Another spelling of SKUQuantity."""


class InboundDetailRowTrackingListItem(TypedDict):
    carrier: Any
    """The carrier."""
    trackingNumber: Any
    """The carrier's tracking number."""


class InboundDetailRow(TypedDict):
    inboundNumber: str
    """OrangeConnex's number."""
    sellerinboundNumber: str
    """Your own number. The i is lowercase here."""
    bookingNumber: str
    """The number of the appointment at the warehouse."""
    asnList: list[InboundDetailRowAsnListItem]
    """The advance shipping notices (ASNs)."""
    batchList: list[InboundDetailRowBatchListItem]
    """The batches."""
    fileList: list[InboundDetailRowFileListItem]
    """The uploaded files."""
    status: str
    """The order's status, as read by one client; inbound.list names its values."""
    SKUList: list[InboundDetailRowSKUListItem]
    """The contents, as read by one client."""
    skulist: list[Any]
    """Another spelling of SKUList."""
    trackingList: list[InboundDetailRowTrackingListItem]
    """The parcels, as read by one client. They also have a carton number, whose field name is not known."""


class InboundDetailAnswerData(TypedDict):
    inboundOrderList: list[InboundDetailRow]
    """One row per inbound order."""


class InboundDetailAnswer(Reply):
    """The answer of inbound.detail."""

    data: InboundDetailAnswerData


class InboundLabelDataInboundOrderListItem(TypedDict):
    inboundOrder: NotRequired[str]
    """OrangeConnex's number of an inbound order."""


class InboundLabelData(TypedDict):
    inboundOrderList: Sequence[InboundLabelDataInboundOrderListItem]
    """The orders."""


class InboundLabelRow(TypedDict):
    inboundOrder: str
    """OrangeConnex's number."""


class InboundLabelAnswerData(TypedDict):
    inboundOrderList: list[InboundLabelRow]
    """One row per order."""


class InboundLabelAnswer(Reply):
    """The answer of inbound.label."""

    data: InboundLabelAnswerData


class InboundListData(TypedDict):
    startTime: NotRequired[str | datetime]
    """Start of the time window."""
    endTime: NotRequired[str | datetime]
    """End of the time window; at most 7 days after startTime."""


class InboundListRow(TypedDict):
    inboundNumber: str
    """OrangeConnex's number. The spelling is not certain."""
    sellerInboundNumber: str
    """Your own number. The spelling is not certain."""
    sellerinboundNumber: str
    """Another spelling of your own number."""
    serviceRegion: str
    """The warehouse's region."""
    shippingMethod: str
    """How the goods reach the warehouse."""
    status: str
    """Put away, Partially Put away, Arrived, In transit, Canceled and Cancelled have been seen."""
    SKUQuantity: Any
    """The number of pieces or SKUs."""
    putawayQuantity: Any
    """The number that is put away. The p is lowercase."""


class InboundListAnswerData(TypedDict):
    inboundOrderList: list[InboundListRow]
    """One row per inbound order. The name is the client's first guess."""


class InboundListAnswer(Reply):
    """The answer of inbound.list."""

    data: InboundListAnswerData


class InboundUploadClearanceDataFileListItem(TypedDict):
    file: NotRequired[str]
    """The file. It is not known whether as base64 or as a URL."""
    fileName: NotRequired[str]
    """The file's name."""
    fileType: NotRequired[str]
    """The file's kind. PL, IN, BL and MAWB have been seen: by trade usage packing list, invoice, bill of lading and master air waybill. At least one more exists."""


class InboundUploadClearanceData(TypedDict):
    fileList: NotRequired[Sequence[InboundUploadClearanceDataFileListItem]]
    """The files."""


class InboundUploadClearanceAnswer(Reply):
    """The answer of inbound.upload_clearance."""

    data: Any


class InboundUploadTrackingDataTrackingListItem(TypedDict):
    cartonNumber: NotRequired[str]
    """The carton's number."""
    carrier: NotRequired[str]
    """The carrier; the accepted values are not known."""
    trackingNumber: NotRequired[str]
    """The carrier's tracking number."""


class InboundUploadTrackingData(TypedDict):
    inboundNumber: str
    """OrangeConnex's number of an inbound order."""
    referenceNumber: str
    """Your own reference; probably the sellerInboundNumber of inbound.create."""
    trackingList: Sequence[InboundUploadTrackingDataTrackingListItem]
    """The parcels."""


class InboundUploadTrackingAnswer(Reply):
    """The answer of inbound.upload_tracking."""

    data: Any


class OauthAuthorizeQuery(TypedDict):
    response_type: NotRequired[Literal['code']]
    """Always `code`."""
    client_id: NotRequired[str]
    """Your ClientKey."""
    redirect_uri: str
    """Your own public URL, with a host name. The vendor refuses intranet and IP addresses."""
    state: str
    """A value of your choice that identifies the user when the browser returns."""


class OauthAuthorizeAnswer(TypedDict):
    """A browser URL."""

    url: str


class OauthRefreshQuery(TypedDict):
    grant_type: NotRequired[Literal['refresh_token']]
    """Always `refresh_token`."""
    client_id: NotRequired[str]
    """Your ClientKey."""
    refresh_token: NotRequired[str]
    """The refresh token from oauth.token's answer."""


class OauthRefreshAnswer(TypedDict):
    """The answer of a token operation. It has no envelope."""

    access_token: str
    """The access token, sent in the header Access-Token."""
    token_type: str
    """Always `bearer`."""
    refresh_token: str
    """Obtains new access tokens for a year. Keep it."""
    expires_in: int
    """How long the access token is valid, in seconds."""
    error: str
    """The error code; its values are not known."""
    error_description: str
    """The error in words."""


class OauthTokenQuery(TypedDict):
    grant_type: NotRequired[Literal['authorization_code']]
    """Always `authorization_code`."""
    client_id: NotRequired[str]
    """Your ClientKey."""
    redirect_uri: str
    """The same URL that oauth.authorize was given; the vendor compares the two."""
    code: str
    """The authorization code, as it is in the address bar (encoded twice), or decoded once or twice."""


class OauthTokenAnswer(TypedDict):
    """The answer of a token operation. It has no envelope."""

    access_token: str
    """The access token, sent in the header Access-Token."""
    token_type: str
    """Always `bearer`."""
    refresh_token: str
    """Obtains new access tokens for a year. Keep it."""
    expires_in: int
    """How long the access token is valid, in seconds."""
    error: str
    """The error code; its values are not known."""
    error_description: str
    """The error in words."""


class OutboundCancelData(TypedDict):
    orderNumber: str
    """OrangeConnex's number of an outbound order."""
    cancelTime: str | datetime
    """When the seller requested the cancellation, on your side."""
    cancelReason: NotRequired[str]
    """The reason, in free text."""


class OutboundCancelAnswer(Reply):
    """The answer of outbound.cancel."""

    data: Any


class OutboundCreateItemProductListItem(TypedDict):
    mfSkuId: NotRequired[str]
    """OrangeConnex's id of a SKU."""
    skuQuantity: NotRequired[int]
    """Pieces."""
    currency: NotRequired[str]
    """Currency of the declared value."""
    declaredValue: NotRequired[float | Decimal]
    """Declared value."""
    eBayItemId: NotRequired[str]
    """The eBay item."""
    eBayTransactionId: NotRequired[str]
    """Together with eBayItemId, it prevents duplicate orders."""


class OutboundCreateItem(TypedDict):
    referenceNumber: NotRequired[str]
    """Your own number for the order, its natural key."""
    orderPlatform: NotRequired[str]
    """Where the order was sold, such as eBay, AliExpress or OTHERS."""
    ebayId: NotRequired[str]
    """The eBay account; required when orderPlatform is eBay."""
    ebayOrderId: NotRequired[str]
    """The eBay order; required when orderPlatform is eBay."""
    serviceRegion: NotRequired[str]
    """The warehouse's region, exactly as warehouse.services returns it. UK is a region, GB its country code."""
    shippingServiceCode: NotRequired[str]
    """A shipping service code, from warehouse.services."""
    consigneeName: str
    """The consignee's full name."""
    consigneeAddress1: str
    """Address, first line."""
    consigneeAddress2: NotRequired[str]
    """Address, second line."""
    houseNumber: NotRequired[str]
    """House number."""
    consigneeCity: NotRequired[str]
    """City."""
    consigneeProvinceOrState: NotRequired[str]
    """Province or state."""
    consigneeZipCode: NotRequired[str]
    """Postcode."""
    consigneeCountryCode: str
    """Country, ISO 3166, two letters."""
    consigneePhone: NotRequired[str]
    """Phone."""
    consigneeEmail: NotRequired[str]
    """E-mail."""
    companyName: NotRequired[str]
    """The consignee's company."""
    fileGroupID: NotRequired[str]
    """From an upload operation that is no longer in the vendor's list."""
    remarks: NotRequired[str]
    """A remark on the order."""
    productList: NotRequired[Sequence[OutboundCreateItemProductListItem]]
    """The order's lines."""


OutboundCreateData: TypeAlias = Sequence[OutboundCreateItem]


class OutboundCreateRow(TypedDict):
    orderNumber: str
    """OrangeConnex's number of the new order."""
    referenceNumber: str
    """Your own number for the order, its natural key."""


class OutboundCreateAnswer(Reply):
    """The answer of outbound.create."""

    data: list[OutboundCreateRow]


class OutboundCreateThirdPartyLabelItem(TypedDict):
    referenceNumber: NotRequired[str]
    """Your own number for the order."""
    orderPlatform: NotRequired[str]
    """Where the order was sold."""


OutboundCreateThirdPartyLabelData: TypeAlias = Sequence[OutboundCreateThirdPartyLabelItem]


class OutboundCreateThirdPartyLabelAnswer(Reply):
    """The answer of outbound.create_third_party_label."""

    data: Any


class OutboundFreightTrialData(TypedDict):
    referenceId: NotRequired[str]
    """Your own id for the estimate, as in pricing.estimate."""


class OutboundFreightTrialAnswer(Reply):
    """The answer of outbound.freight_trial."""

    data: Any


class OutboundQueryDataOrderNumberListItem(TypedDict):
    orderNumber: NotRequired[str]
    """OrangeConnex's number of an outbound order."""


class OutboundQueryDataReferenceNumberListItem(TypedDict):
    referenceNumber: NotRequired[str]
    """Your own number for the order."""


class OutboundQueryDataEbayOrderIdListItem(TypedDict):
    ebayId: NotRequired[str]
    """The eBay account."""
    ebayOrderId: NotRequired[str]
    """The eBay order."""


class OutboundQueryData(TypedDict):
    orderNumberList: NotRequired[Sequence[OutboundQueryDataOrderNumberListItem]]
    """OrangeConnex's order numbers."""
    referenceNumberList: NotRequired[Sequence[OutboundQueryDataReferenceNumberListItem]]
    """Your own order numbers."""
    ebayOrderIdList: NotRequired[Sequence[OutboundQueryDataEbayOrderIdListItem]]
    """eBay orders."""
    startTime: NotRequired[str | datetime]
    """A time, with an offset without a colon."""
    endTime: NotRequired[str | datetime]
    """A time, with an offset without a colon."""


class OutboundQueryRowTrackingNumberListItemSKUListItem(TypedDict):
    MFSKUID: str
    """OrangeConnex's id of the SKU."""
    SKUQuantity: int
    """Pieces."""
    SN: str
    """Serial numbers, separated by commas."""


class OutboundQueryRowTrackingNumberListItem(TypedDict):
    trackingNumber: str
    """The carrier's tracking number."""
    orderNumber: str
    """OrangeConnex's number of the order."""
    LMCarrierCode: str
    """Code of the last-mile carrier."""
    LMCarrierName: str
    """Name of the last-mile carrier."""
    feeAmount: float
    """The fee."""
    feeAmountCurrency: str
    """The fee's currency."""
    chargeableWeight: str
    """The chargeable weight, a decimal number in a string."""
    chargeableWeightUnit: str
    """The unit of the weight."""
    SKUList: list[OutboundQueryRowTrackingNumberListItemSKUListItem]
    """The parcel's contents."""


class OutboundQueryRow(TypedDict):
    orderNumber: str
    """OrangeConnex's number."""
    autoFulfillmentEF: bool
    """Whether OrangeConnex imported the order from eBay automatically."""
    orderCreationTime: str
    """A time, with an offset without a colon."""
    referenceNumber: str
    """Your own number; may be empty."""
    serviceRegion: str
    """The warehouse's region."""
    trackingNumberList: list[OutboundQueryRowTrackingNumberListItem]
    """One row per parcel."""


class OutboundQueryAnswer(Reply):
    """The answer of outbound.query."""

    data: list[OutboundQueryRow]


class PricingEstimateDataSkuListItem(TypedDict):
    skuId: NotRequired[str]
    """The SKU; OrangeConnex's id if skuType is true."""
    pieceQuantity: NotRequired[int]
    """Pieces."""
    length: NotRequired[float | Decimal]
    """Length; the unit is not known."""
    width: NotRequired[float | Decimal]
    """Width; the unit is not known."""
    height: NotRequired[float | Decimal]
    """Height; the unit is not known."""
    weight: NotRequired[float | Decimal]
    """Weight; the unit is not known."""
    polybag: NotRequired[str]
    """Not described; the example has true in quotes."""
    siop: NotRequired[bool]
    """Not described."""
    withBattery: NotRequired[bool]
    """Whether there is a battery."""


class PricingEstimateData(TypedDict):
    referenceId: str
    """Your own id for this estimate, new for every request."""
    serviceRegion: str
    """The warehouse's region, exactly as warehouse.services returns it. UK is a region, GB its country code."""
    consigneeCountryCode: str
    """Country of destination, ISO 3166, two letters."""
    consigneePostCode: str
    """Postcode of destination. outbound.create calls it consigneeZipCode."""
    consigneeName: NotRequired[str]
    """The consignee's name."""
    companyName: NotRequired[str]
    """The consignee's company."""
    consigneeAddress1: NotRequired[str]
    """Address, first line."""
    consigneeAddress2: NotRequired[str]
    """Address, second line."""
    houseNumber: NotRequired[str]
    """House number."""
    consigneeCity: NotRequired[str]
    """City."""
    consigneeProvinceOrState: NotRequired[str]
    """Province or state."""
    consigneeEmail: NotRequired[str]
    """E-mail."""
    consigneePhone: NotRequired[str]
    """Phone."""
    shippingServiceCode: NotRequired[Sequence[str]]
    """The services to price; an empty list means all supported ones."""
    serviceType: NotRequired[Literal['EF', 'OCN']]
    """Kind of service; the default is EF. What OCN means is not known."""
    mfservice: NotRequired[bool]
    """True for an eBay order that OrangeConnex did not import automatically. The default is false."""
    intlSelfPayment: NotRequired[bool]
    """Whether the international service is self-paid; the page does not say by whom. The default is true."""
    skuType: NotRequired[bool]
    """True: skuId holds OrangeConnex's ids of verified SKUs, which need no measurements. False: each SKU needs size, weight, siop and withBattery."""
    skuList: NotRequired[Sequence[PricingEstimateDataSkuListItem]]
    """What is in the parcel."""
    warehouseRegionCode: NotRequired[str]
    """Not described; only in the example."""


class PricingEstimateAnswer(Reply):
    """The answer of pricing.estimate."""

    data: Any


class PricingResultData(TypedDict):
    referenceId: str
    """The id that you sent to pricing.estimate."""


class PricingResultRow(TypedDict):
    calculateId: str
    """The id of the calculation."""
    productOuterCode: str
    """The code of the shipping service."""
    productOuterName: str
    """The name of the shipping service."""
    success: bool
    """Whether this estimate succeeded."""
    ebayFee: float
    """The total fee for an eBay order; its currency is not known."""
    noEbayFee: float
    """The total fee for any other order."""
    freightTrialChannelResults: list[dict[str, Any]]
    """One row per channel; its 14 fields are not known."""


class PricingResultAnswer(Reply):
    """The answer of pricing.result."""

    data: list[PricingResultRow]


class ReturnsCancelData(TypedDict):
    orderNumber: NotRequired[Any]
    """By its name, the number of the return order. Its type is not known."""


class ReturnsCancelAnswer(Reply):
    """The answer of returns.cancel."""

    data: Any


class ReturnsCreateAnswer(Reply):
    """The answer of returns.create."""

    data: Any


ReturnsLabelQuery: TypeAlias = Any


class ReturnsLabelAnswer(Reply):
    """The answer of returns.label."""

    data: Any


class ReturnsLinkStockAnswer(Reply):
    """The answer of returns.link_stock."""

    data: Any


ReturnsQueryQuery: TypeAlias = Any


class ReturnsQueryAnswer(Reply):
    """The answer of returns.query."""

    data: Any


class ReturnsStockData(TypedDict):
    serviceType: NotRequired[str]
    """Probably the kind of object to read. The page's sample is SKU; other values are not known."""


class ReturnsStockAnswer(Reply):
    """The answer of returns.stock."""

    data: Any


class ReturnsTokenAnswer(Reply):
    """The answer of returns.token."""

    data: Any


class SkuCreateItemSKUNameListItem(TypedDict):
    SKUName: NotRequired[str]
    """The name."""
    languageCode: NotRequired[str]
    """The name's language."""


class SkuCreateItemSKUPictureURLListItem(TypedDict):
    SKUPictureURL: NotRequired[str]
    """The URL of a picture."""


class SkuCreateItemServiceRegionListItem(TypedDict):
    serviceRegion: NotRequired[str]
    """The warehouse's region, exactly as warehouse.services returns it. UK is a region, GB its country code."""
    withBrand: NotRequired[str]
    """Probably whether it is branded; only the value WOB has been seen."""


class SkuCreateItem(TypedDict):
    referenceSKUID: NotRequired[str]
    """Your own id for the SKU, its natural key, unique per seller."""
    SKUNameList: NotRequired[Sequence[SkuCreateItemSKUNameListItem]]
    """The SKU's names, one per language."""
    SKUPictureURLList: NotRequired[Sequence[SkuCreateItemSKUPictureURLListItem]]
    """The SKU's pictures."""
    SKUdescription: NotRequired[str]
    """What the SKU is. The d is lowercase here."""
    withBattery: NotRequired[bool]
    """Whether there is a battery."""
    salesURL: NotRequired[str]
    """The URL where the SKU is sold."""
    serviceRegionList: NotRequired[Sequence[SkuCreateItemServiceRegionListItem]]
    """The regions in which the SKU will be stocked."""
    WeeeRegistrationNo: NotRequired[str]
    """The WEEE registration number, made in the seller portal."""
    barcodeList: NotRequired[Sequence[Mapping[str, Any]]]
    """Barcodes; the two fields of one are not known."""
    batteryForm: NotRequired[Literal['PB', 'BCE', 'BPE']]
    """PB is a battery alone, BCE contained in equipment, BPE packed with equipment."""
    batteryNumber: NotRequired[int]
    """The number of batteries."""
    batteryType: NotRequired[Literal['BC', 'OLB', 'OT']]
    """BC is a button cell, OLB another lithium battery, OT any other."""
    batteryTypeNew: NotRequired[str]
    """PLB pure lithium, ALB assorted lithium, OPB other pure, OAB other
    assorted, BB button cell, BLB built-in lithium, OBB other built-in.
    The page also numbers them 1 to 7. That the letters are sent is only
    probable, so any text is accepted.
    """
    countryOfOrigin: NotRequired[str]
    """Country of origin, ISO 3166, two letters."""
    dimensionUnit: NotRequired[Literal['cm', 'ft', 'in', 'm']]
    """Unit of the lengths, required with any of them; cm is preferred."""
    fileList: NotRequired[Sequence[Mapping[str, Any]]]
    """Files; the three fields of one are probably fileRegion, fileType and fileUrl."""
    hscodeList: NotRequired[Sequence[Mapping[str, Any]]]
    """HS codes per country of destination; the fields of one are not known."""


SkuCreateData: TypeAlias = Sequence[SkuCreateItem]


class SkuCreateAnswer(Reply):
    """The answer of sku.create."""

    data: list[dict[str, Any]]


class SkuLabelAnswer(Reply):
    """The answer of sku.label."""

    data: Any


class SkuQueryDataMfskulistItem(TypedDict):
    mfskuid: NotRequired[str]
    """OrangeConnex's id of a SKU."""


class SkuQueryDataReferenceSKUIDListItem(TypedDict):
    referenceSKUID: NotRequired[str]
    """Your own id for a SKU."""
    ebayCustomLabel: NotRequired[str]
    """Not described; by its name, the custom label at eBay."""


class SkuQueryDataSellerSKUIDListItem(TypedDict):
    sellerSKUID: NotRequired[str]
    """The name of a SKU in OrangeConnex's portal."""


class SkuQueryData(TypedDict):
    startTime: NotRequired[str | date]
    """Modified on or after this day."""
    endTime: NotRequired[str | date]
    """Modified up to this day."""
    mfskulist: NotRequired[Sequence[SkuQueryDataMfskulistItem]]
    """OrangeConnex's ids. The field names are lowercase here."""
    referenceSKUIDList: NotRequired[Sequence[SkuQueryDataReferenceSKUIDListItem]]
    """Your own ids."""
    sellerSKUIDList: NotRequired[Sequence[SkuQueryDataSellerSKUIDListItem]]
    """The names in OrangeConnex's portal."""
    page: NotRequired[int]
    """The page number; the first is 1."""
    limit: NotRequired[int]
    """Rows per page."""


class SkuQueryRowSKUNameListItem(TypedDict):
    SKUName: str
    """The name."""
    attributeDescription: str
    """The attributes, such as Green, Large."""
    languageCode: str
    """The name's language."""


class SkuQueryRowSKUPictureURLListItem(TypedDict):
    SKUPictureURL: str
    """The URL of a picture."""


class SkuQueryRowFileListItem(TypedDict):
    fileRegion: str
    """The region that the file is for; may be absent."""
    fileType: str
    """The file's kind; BRANDAUTH, MSDS and CE have been seen."""
    fileUrl: str
    """The URL of the file."""


class SkuQueryRow(TypedDict):
    MFSKUID: str
    """OrangeConnex's id."""
    SIOC: bool
    """Probably whether the SKU ships in its own container."""
    SKUDescription: str
    """What the SKU is."""
    SKUNameList: list[SkuQueryRowSKUNameListItem]
    """The SKU's names."""
    SKUPictureURLList: list[SkuQueryRowSKUPictureURLListItem]
    """The SKU's pictures."""
    batteryForm: str
    """As in sku.create."""
    batteryType: str
    """As in sku.create."""
    batteryNumber: int
    """The number of batteries."""
    countryOfOrigin: str
    """Country of origin."""
    dimensionUnit: str
    """Unit of the lengths."""
    fileList: list[SkuQueryRowFileListItem]
    """The SKU's files."""
    sellerSKUID: str
    """The name in the portal, as read by a client that ignores its case."""
    referenceSKUID: str
    """Your own id; known as sellerSKUID is."""
    serviceRegion: str
    """The region; known as sellerSKUID is."""


class SkuQueryAnswer(Reply):
    """The answer of sku.query."""

    data: list[SkuQueryRow]


class SkuQueryEfServiceAnswer(Reply):
    """The answer of sku.query_ef_service."""

    data: Any


class SkuSetupEfServiceAnswer(Reply):
    """The answer of sku.setup_ef_service."""

    data: Any


class StockAgeData(TypedDict):
    pageNumber: NotRequired[int]
    """The page number."""
    pageSize: NotRequired[int]
    """Rows per page."""


class StockAgeAnswer(Reply):
    """The answer of stock.age."""

    data: Any


class StockMovementDataMfSkuListItem(TypedDict):
    mfSkuId: NotRequired[str]
    """OrangeConnex's id of a SKU."""


class StockMovementData(TypedDict):
    startTime: NotRequired[str | datetime]
    """Start; at most a year ago."""
    endTime: NotRequired[str | datetime | None]
    """End; less than 7 days after startTime. Null means now."""
    mfSkuList: NotRequired[Sequence[StockMovementDataMfSkuListItem]]
    """The SKUs."""


class StockMovementRowServiceRegionListItemInventoryListItemMovementListItem(TypedDict):
    moventmentID: str
    """The movement's id, spelled as in the only sample."""
    quantity: int
    """The change, with a sign."""
    actualCount: int
    """The stock after the movement."""
    reason: str
    """A code, alone or as code=text. PAC put away, OOS outbound order submitted, OOF outbound order fulfilled, OEH frozen by OrangeConnex, IAA adjustment. What IOS means is not clear. There may be more."""
    orderNumber: str
    """The inbound or outbound order."""
    updateTime: str
    """The time, such as 2024-07-15T19:48:37+0800."""


class StockMovementRowServiceRegionListItemInventoryListItem(TypedDict):
    inventoryStatus: str
    """AVL is available, INTRAN in transit, RCVD received, RSVALOC reserved or allocated; there may be more."""
    movementList: list[StockMovementRowServiceRegionListItemInventoryListItemMovementListItem]
    """The movements; movementlist is accepted, too."""


class StockMovementRowServiceRegionListItem(TypedDict):
    serviceRegion: str
    """The region."""
    inventoryList: list[StockMovementRowServiceRegionListItemInventoryListItem]
    """One row per stock status; inventorylist is accepted, too."""


class StockMovementRow(TypedDict):
    MFSKUID: str
    """OrangeConnex's id of the SKU."""
    sellerSkuId: str
    """The seller's SKU."""
    serviceRegionList: list[StockMovementRowServiceRegionListItem]
    """One row per region."""


class StockMovementAnswer(Reply):
    """The answer of stock.movement."""

    data: list[StockMovementRow]


class StockSnapshotDataSkuListItem(TypedDict):
    mfSkuId: NotRequired[str]
    """OrangeConnex's id of a SKU."""


class StockSnapshotDataServiceRegionListItem(TypedDict):
    serviceRegion: NotRequired[str]
    """The warehouse's region, exactly as warehouse.services returns it. UK is a region, GB its country code."""


class StockSnapshotData(TypedDict):
    pageNumber: NotRequired[int]
    """The page number; the first is 1."""
    pageSize: NotRequired[int]
    """Rows per page."""
    skuList: NotRequired[Sequence[StockSnapshotDataSkuListItem]]
    """The SKUs."""
    serviceRegionList: NotRequired[Sequence[StockSnapshotDataServiceRegionListItem]]
    """The regions. US without a suffix may find nothing."""


class StockSnapshotRow(TypedDict):
    MFSKUID: str
    """OrangeConnex's id of the SKU; the name is also accepted in other cases."""
    serviceRegion: str
    """The region."""
    available: int
    """Pieces available."""
    inTransit: int
    """Pieces in transit."""
    received: int
    """Pieces received."""
    reservedAllocated: int
    """Pieces reserved for orders (allocated)."""
    reservedHold: int
    """Pieces reserved, on hold."""
    reservedVAS: int
    """Pieces reserved, for VAS."""
    suspend: int
    """Pieces suspended."""
    unfulfillable: int
    """Pieces that cannot be shipped."""


class StockSnapshotAnswerData(TypedDict):
    SKUList: list[StockSnapshotRow]
    """One row per SKU and region; skuList is accepted, too."""


class StockSnapshotAnswer(Reply):
    """The answer of stock.snapshot."""

    data: StockSnapshotAnswerData


class VasCancelAnswer(Reply):
    """The answer of vas.cancel."""

    data: Any


class VasCreateAnswer(Reply):
    """The answer of vas.create."""

    data: Any


class VasQueryAnswer(Reply):
    """The answer of vas.query."""

    data: Any


class WarehouseServicesRowProductListItemShippingServiceNameListItem(TypedDict):
    applyPlatform: str
    """`0,1` or `0`; what it means is not known."""
    language: str
    """The language, such as en-US, de-DE, zh-CN or it-IT."""
    shippingServiceName: str
    """The name."""


class WarehouseServicesRowProductListItem(TypedDict):
    shippingServiceCode: str
    """The service's code, which orders name."""
    shippingServiceNameList: list[WarehouseServicesRowProductListItemShippingServiceNameListItem]
    """The service's names."""


class WarehouseServicesRow(TypedDict):
    serviceRegion: str
    """The region."""
    productList: list[WarehouseServicesRowProductListItem]
    """The services of the region."""


class WarehouseServicesAnswer(Reply):
    """The answer of warehouse.services."""

    data: list[WarehouseServicesRow]


WebhookOutboundData: TypeAlias = Any


class WebhookOutboundAnswer(Reply):
    """The answer of webhook.outbound."""

    data: Any


class FinanceFees(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> FinanceFeesAnswer:
        """Read the details of fees.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class FinanceOperations(Protocol):
    """The operations finance.*"""

    @property
    def fees(self) -> FinanceFees:
        """Read the details of fees.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...


class InboundCreate(Protocol):
    def __call__(self, data: InboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> InboundCreateAnswer:
        """Announce a shipment to a warehouse before the goods leave.

        One order per call. Shipments by express need no appointment, but their
        tracking numbers (inbound.upload_tracking). All others need an appointment
        at the warehouse, which you book in OrangeConnex's portal afterwards. It is
        not known whether a repeated `sellerInboundNumber` is refused. After an
        unclear failure, look the order up with inbound.detail before you send it
        again.

        effect: create; evidence: partial
        """
        ...

    def plan(self, data: InboundCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def confirm(self, data: InboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[InboundCreateData], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[InboundCreateData, InboundCreateAnswerData]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class InboundDetail(Protocol):
    def __call__(self, data: InboundDetailData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundDetailAnswer:
        """Read inbound orders in full, by number or by time window.

        The times are those of creation or of a change of status. The vendor advises
        to sync at least daily. It is not known whether the times are required
        beside numbers: send both. The page's own description belongs to another
        operation. Any field of the answer may be absent. Some fields are known from
        one client only, which reads several spellings of them.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: InboundDetailData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundDetailData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[InboundDetailRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class InboundLabel(Protocol):
    def __call__(self, data: InboundLabelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundLabelAnswer:
        """Fetch the carton labels of inbound orders to print them.

        Call it once the orders exist. According to one client, the answer holds a
        URL of the packing list for each order, and a URL of a PDF for each carton.
        The names of these fields are not known.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: InboundLabelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundLabelData, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[InboundLabelRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class InboundList(Protocol):
    def __call__(self, data: InboundListData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundListAnswer:
        """List inbound orders of up to 7 days in short form.

        Its rows hold less than those of inbound.detail. All that is known comes
        from one client, which partly guesses the answer: read the field names
        case-insensitively. Fields that you send beside the times are not checked.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: InboundListData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundListData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[InboundListRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class InboundUploadClearance(Protocol):
    def __call__(self, data: InboundUploadClearanceData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundUploadClearanceAnswer:
        """Upload the customs documents of an inbound order.

        Needed when the country of origin is outside Europe, and always when the
        order was created with `needClearanceDoc` true. The known fields do not make
        a complete call: the field that names the order is missing. Fields that you
        send beside them are not checked. It is not known whether `file` holds
        base64 or a URL. inbound.detail shows the files afterwards.

        effect: update; evidence: partial
        """
        ...

    def plan(self, data: InboundUploadClearanceData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[InboundUploadClearanceData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[InboundUploadClearanceData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class InboundUploadTracking(Protocol):
    def __call__(self, data: InboundUploadTrackingData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundUploadTrackingAnswer:
        """Add the tracking numbers of an inbound order that is sent by express.

        It is not known whether a second upload replaces the first or adds to it:
        send all parcels at once, and check the result with inbound.detail.

        effect: update; evidence: partial
        """
        ...

    def plan(self, data: InboundUploadTrackingData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[InboundUploadTrackingData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[InboundUploadTrackingData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class InboundOperations(Protocol):
    """The operations inbound.*"""

    @property
    def create(self) -> InboundCreate:
        """Announce a shipment to a warehouse before the goods leave.

        One order per call. Shipments by express need no appointment, but their
        tracking numbers (inbound.upload_tracking). All others need an appointment
        at the warehouse, which you book in OrangeConnex's portal afterwards. It is
        not known whether a repeated `sellerInboundNumber` is refused. After an
        unclear failure, look the order up with inbound.detail before you send it
        again.

        effect: create; evidence: partial
        """
        ...

    @property
    def detail(self) -> InboundDetail:
        """Read inbound orders in full, by number or by time window.

        The times are those of creation or of a change of status. The vendor advises
        to sync at least daily. It is not known whether the times are required
        beside numbers: send both. The page's own description belongs to another
        operation. Any field of the answer may be absent. Some fields are known from
        one client only, which reads several spellings of them.

        effect: read; evidence: partial
        """
        ...

    @property
    def label(self) -> InboundLabel:
        """Fetch the carton labels of inbound orders to print them.

        Call it once the orders exist. According to one client, the answer holds a
        URL of the packing list for each order, and a URL of a PDF for each carton.
        The names of these fields are not known.

        effect: read; evidence: partial
        """
        ...

    @property
    def list(self) -> InboundList:
        """List inbound orders of up to 7 days in short form.

        Its rows hold less than those of inbound.detail. All that is known comes
        from one client, which partly guesses the answer: read the field names
        case-insensitively. Fields that you send beside the times are not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def upload_clearance(self) -> InboundUploadClearance:
        """Upload the customs documents of an inbound order.

        Needed when the country of origin is outside Europe, and always when the
        order was created with `needClearanceDoc` true. The known fields do not make
        a complete call: the field that names the order is missing. Fields that you
        send beside them are not checked. It is not known whether `file` holds
        base64 or a URL. inbound.detail shows the files afterwards.

        effect: update; evidence: partial
        """
        ...

    @property
    def upload_tracking(self) -> InboundUploadTracking:
        """Add the tracking numbers of an inbound order that is sent by express.

        It is not known whether a second upload replaces the first or adds to it:
        send all parcels at once, and check the result with inbound.detail.

        effect: update; evidence: partial
        """
        ...


class OauthAuthorize(Protocol):
    def __call__(self, *, query: OauthAuthorizeQuery, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthAuthorizeAnswer:
        """The page on which a seller allows you to act for them.

        A page for the seller's browser, not a call: ocreg gives you its URL. After
        the seller has logged in and agreed, the browser is redirected to
        `redirect_uri?act=getAuthorizationCode&code=...&state=...`. The code arrives
        percent-encoded twice; `oauth.token` accepts it in any form.

        effect: read; evidence: partial
        """
        ...

    def plan(self, *, query: OauthAuthorizeQuery, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class OauthRefresh(Protocol):
    def __call__(self, *, query: OauthRefreshQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthRefreshAnswer:
        """Obtain a new access token with the refresh token.

        Parameters and answer are as in `oauth.token`. If the answer has no
        `refresh_token`, the old one stays valid. Old clients also send the keys in
        the header `Authorization: Bearer base64(clientKey:secretKey)`; so does
        ocreg with the setting `oauth_secret`.

        effect: create; evidence: documented
        """
        ...

    def plan(self, *, query: OauthRefreshQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class OauthToken(Protocol):
    def __call__(self, *, query: OauthTokenQuery, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthTokenAnswer:
        """Obtain the first access and refresh token with an authorization code.

        Everything is sent in the query string; there is no body, no signature and
        no envelope. The access token is valid for 3600 seconds, the refresh token
        for a year. A body with `error` and without a token is a failure, whatever
        the HTTP status. A body with a token is returned unchecked, so that no token
        is lost.

        effect: create; evidence: documented
        """
        ...

    def plan(self, *, query: OauthTokenQuery, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class OauthOperations(Protocol):
    """The operations oauth.*"""

    @property
    def authorize(self) -> OauthAuthorize:
        """The page on which a seller allows you to act for them.

        A page for the seller's browser, not a call: ocreg gives you its URL. After
        the seller has logged in and agreed, the browser is redirected to
        `redirect_uri?act=getAuthorizationCode&code=...&state=...`. The code arrives
        percent-encoded twice; `oauth.token` accepts it in any form.

        effect: read; evidence: partial
        """
        ...

    @property
    def refresh(self) -> OauthRefresh:
        """Obtain a new access token with the refresh token.

        Parameters and answer are as in `oauth.token`. If the answer has no
        `refresh_token`, the old one stays valid. Old clients also send the keys in
        the header `Authorization: Bearer base64(clientKey:secretKey)`; so does
        ocreg with the setting `oauth_secret`.

        effect: create; evidence: documented
        """
        ...

    @property
    def token(self) -> OauthToken:
        """Obtain the first access and refresh token with an authorization code.

        Everything is sent in the query string; there is no body, no signature and
        no envelope. The access token is valid for 3600 seconds, the refresh token
        for a year. A body with `error` and without a token is a failure, whatever
        the HTTP status. A body with a token is returned unchecked, so that no token
        is lost.

        effect: create; evidence: documented
        """
        ...


class OutboundCancel(Protocol):
    def __call__(self, data: OutboundCancelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCancelAnswer:
        """Cancel an outbound order that the seller no longer wants shipped.

        One order per call. In general, an order cannot be cancelled once it has been
        picked. It is not known whether code 0 means "cancelled" or "requested": check
        the order's status with outbound.query.

        effect: cancel; evidence: documented
        """
        ...

    def plan(self, data: OutboundCancelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[OutboundCancelData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[OutboundCancelData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class OutboundCreate(Protocol):
    def __call__(self, data: OutboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> OutboundCreateAnswer:
        """Place orders for OrangeConnex to ship; every accepted one becomes a real parcel.

        Up to 50 orders in one request. Match the answer's rows to your orders by
        `referenceNumber`. It is not known whether a repeated `referenceNumber` is
        refused: after an unclear failure, look the order up with outbound.query
        before you send it again.

        effect: create; evidence: partial
        """
        ...

    def plan(self, data: OutboundCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def confirm(self, data: OutboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[OutboundCreateItem], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[OutboundCreateItem, OutboundCreateRow]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class OutboundCreateThirdPartyLabel(Protocol):
    def __call__(self, data: OutboundCreateThirdPartyLabelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCreateThirdPartyLabelAnswer:
        """Place orders that ship with a third party's label.

        Little is known: two fields of an order, and that a third begins with
        serviceCo. Other fields that you send are not checked. It is assumed to
        create real parcels, as outbound.create does.

        effect: create; evidence: partial
        """
        ...

    def plan(self, data: OutboundCreateThirdPartyLabelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[OutboundCreateThirdPartyLabelItem], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[OutboundCreateThirdPartyLabelItem, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class OutboundFreightTrial(Protocol):
    def __call__(self, data: OutboundFreightTrialData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundFreightTrialAnswer:
        """Ask what shipping would cost, with the result in the same answer.

        According to its title, it does in one call what pricing.estimate and
        pricing.result do in two. Only the first field of the request is known;
        other fields that you send are not checked.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: OutboundFreightTrialData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: OutboundFreightTrialData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class OutboundQuery(Protocol):
    def __call__(self, data: OutboundQueryData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundQueryAnswer:
        """Find outbound orders, with status, carrier, tracking numbers and fees.

        By lists of numbers, or by a time window of creation. Fees are estimates until
        the goods leave the warehouse; afterwards they are the actual charges. The
        result includes orders that OrangeConnex imported from eBay automatically
        (`autoFulfillmentEF`).

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: OutboundQueryData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: OutboundQueryData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[OutboundQueryRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class OutboundOperations(Protocol):
    """The operations outbound.*"""

    @property
    def cancel(self) -> OutboundCancel:
        """Cancel an outbound order that the seller no longer wants shipped.

        One order per call. In general, an order cannot be cancelled once it has been
        picked. It is not known whether code 0 means "cancelled" or "requested": check
        the order's status with outbound.query.

        effect: cancel; evidence: documented
        """
        ...

    @property
    def create(self) -> OutboundCreate:
        """Place orders for OrangeConnex to ship; every accepted one becomes a real parcel.

        Up to 50 orders in one request. Match the answer's rows to your orders by
        `referenceNumber`. It is not known whether a repeated `referenceNumber` is
        refused: after an unclear failure, look the order up with outbound.query
        before you send it again.

        effect: create; evidence: partial
        """
        ...

    @property
    def create_third_party_label(self) -> OutboundCreateThirdPartyLabel:
        """Place orders that ship with a third party's label.

        Little is known: two fields of an order, and that a third begins with
        serviceCo. Other fields that you send are not checked. It is assumed to
        create real parcels, as outbound.create does.

        effect: create; evidence: partial
        """
        ...

    @property
    def freight_trial(self) -> OutboundFreightTrial:
        """Ask what shipping would cost, with the result in the same answer.

        According to its title, it does in one call what pricing.estimate and
        pricing.result do in two. Only the first field of the request is known;
        other fields that you send are not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def query(self) -> OutboundQuery:
        """Find outbound orders, with status, carrier, tracking numbers and fees.

        By lists of numbers, or by a time window of creation. Fees are estimates until
        the goods leave the warehouse; afterwards they are the actual charges. The
        result includes orders that OrangeConnex imported from eBay automatically
        (`autoFulfillmentEF`).

        effect: read; evidence: partial
        """
        ...


class PricingEstimate(Protocol):
    def __call__(self, data: PricingEstimateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> PricingEstimateAnswer:
        """Ask what shipping one parcel would cost; pricing.result returns the result.

        One parcel per request, under a `referenceId` of your own that is new for each
        request; call pricing.result with the same one. Nothing is shipped. It is not
        known whether a `referenceId` may be used again: repeat with a new one. The
        page's list of regions has AU-Sydney and AU-Melbourne, its example AU: send
        what warehouse.services returns.

        effect: create; evidence: partial
        """
        ...

    def plan(self, data: PricingEstimateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def confirm(self, data: PricingEstimateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> PricingEstimateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[PricingEstimateData], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[PricingEstimateData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class PricingResult(Protocol):
    def __call__(self, data: PricingResultData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> PricingResultAnswer:
        """Read the result of pricing.estimate, the fees per shipping service.

        A call that you make, not a webhook. `errors` may concern single services and
        come together with good `data`. Each of its items has channelCode,
        productOuterCode, productOuterName, errorMessage and success instead of the
        usual fields.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: PricingResultData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: PricingResultData, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[PricingResultRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class PricingOperations(Protocol):
    """The operations pricing.*"""

    @property
    def estimate(self) -> PricingEstimate:
        """Ask what shipping one parcel would cost; pricing.result returns the result.

        One parcel per request, under a `referenceId` of your own that is new for each
        request; call pricing.result with the same one. Nothing is shipped. It is not
        known whether a `referenceId` may be used again: repeat with a new one. The
        page's list of regions has AU-Sydney and AU-Melbourne, its example AU: send
        what warehouse.services returns.

        effect: create; evidence: partial
        """
        ...

    @property
    def result(self) -> PricingResult:
        """Read the result of pricing.estimate, the fees per shipping service.

        A call that you make, not a webhook. `errors` may concern single services and
        come together with good `data`. Each of its items has channelCode,
        productOuterCode, productOuterName, errorMessage and success instead of the
        usual fields.

        effect: read; evidence: partial
        """
        ...


class ReturnsCancel(Protocol):
    def __call__(self, data: ReturnsCancelData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsCancelAnswer:
        """Cancel a return order, or update the tracking of a return.

        According to its title, one call serves two purposes. It is not known how it
        tells them apart, so treat every call as a cancellation. One field is known;
        other fields that you send are not checked. It is not known which access
        token this operation needs. ocreg sends the setting `returns_access_token` if
        it is set, otherwise the usual token.

        effect: cancel; evidence: partial
        """
        ...

    def plan(self, data: ReturnsCancelData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[ReturnsCancelData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[ReturnsCancelData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class ReturnsCreate(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsCreateAnswer:
        """Submit a return order from an ERP.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class ReturnsLabel(Protocol):
    def __call__(self, *, query: ReturnsLabelQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsLabelAnswer:
        """Fetch the label of a return.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    def plan(self, *, query: ReturnsLabelQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, query: ReturnsLabelQuery = {}, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class ReturnsLinkStock(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsLinkStockAnswer:
        """Link returned goods in stock to a product.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class ReturnsQuery(Protocol):
    def __call__(self, *, query: ReturnsQueryQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsQueryAnswer:
        """Find return orders.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    def plan(self, *, query: ReturnsQueryQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, query: ReturnsQueryQuery = {}, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class ReturnsStock(Protocol):
    def __call__(self, data: ReturnsStockData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsStockAnswer:
        """Read the stock of returned goods.

        One field is known. A second one begins with uniqueIdLis: probably a list of
        ids of the kind that `serviceType` names, but neither its name nor its form is
        certain. Fields that you send beside serviceType are not checked. It is not
        known which access token this operation needs. ocreg sends the setting
        `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: ReturnsStockData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: ReturnsStockData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class ReturnsToken(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsTokenAnswer:
        """Get an access token, probably for the return operations.

        The vendor lists it among the return operations, apart from oauth.token. It is
        not known whether the two are the same.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class ReturnsOperations(Protocol):
    """The operations returns.*"""

    @property
    def cancel(self) -> ReturnsCancel:
        """Cancel a return order, or update the tracking of a return.

        According to its title, one call serves two purposes. It is not known how it
        tells them apart, so treat every call as a cancellation. One field is known;
        other fields that you send are not checked. It is not known which access
        token this operation needs. ocreg sends the setting `returns_access_token` if
        it is set, otherwise the usual token.

        effect: cancel; evidence: partial
        """
        ...

    @property
    def create(self) -> ReturnsCreate:
        """Submit a return order from an ERP.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    @property
    def label(self) -> ReturnsLabel:
        """Fetch the label of a return.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def link_stock(self) -> ReturnsLinkStock:
        """Link returned goods in stock to a product.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    @property
    def query(self) -> ReturnsQuery:
        """Find return orders.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def stock(self) -> ReturnsStock:
        """Read the stock of returned goods.

        One field is known. A second one begins with uniqueIdLis: probably a list of
        ids of the kind that `serviceType` names, but neither its name nor its form is
        certain. Fields that you send beside serviceType are not checked. It is not
        known which access token this operation needs. ocreg sends the setting
        `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def token(self) -> ReturnsToken:
        """Get an access token, probably for the return operations.

        The vendor lists it among the return operations, apart from oauth.token. It is
        not known whether the two are the same.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...


class SkuCreate(Protocol):
    def __call__(self, data: SkuCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> SkuCreateAnswer:
        """Create SKUs; each one is a draft until the seller completes it and OrangeConnex approves it.

        Creates drafts only. The seller must complete and submit a SKU in the portal,
        and OrangeConnex must approve it, before it can be stocked or ordered. 17 of
        31 fields are known; the others are not checked.

        effect: create; evidence: partial
        """
        ...

    def plan(self, data: SkuCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def confirm(self, data: SkuCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[SkuCreateItem], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", threads: int = 1, unknown: Iterable[str] = ()) -> Sending[SkuCreateItem, dict[str, Any]]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class SkuLabel(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuLabelAnswer:
        """Print labels for SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class SkuQuery(Protocol):
    def __call__(self, data: SkuQueryData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuQueryAnswer:
        """Find SKUs by their ids, with names, pictures, batteries and files.

        Fill at least one of the three lists. The times are days with an offset, and
        filter by the last modification. The handbook says that times alone suffice;
        the page says that a list is required, which is what is checked here.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: SkuQueryData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: SkuQueryData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[SkuQueryRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class SkuQueryEfService(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuQueryEfServiceAnswer:
        """Look up the eBay fulfilment services of SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class SkuSetupEfService(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuSetupEfServiceAnswer:
        """Set up the eBay fulfilment services of a SKU.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class SkuOperations(Protocol):
    """The operations sku.*"""

    @property
    def create(self) -> SkuCreate:
        """Create SKUs; each one is a draft until the seller completes it and OrangeConnex approves it.

        Creates drafts only. The seller must complete and submit a SKU in the portal,
        and OrangeConnex must approve it, before it can be stocked or ordered. 17 of
        31 fields are known; the others are not checked.

        effect: create; evidence: partial
        """
        ...

    @property
    def label(self) -> SkuLabel:
        """Print labels for SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    @property
    def query(self) -> SkuQuery:
        """Find SKUs by their ids, with names, pictures, batteries and files.

        Fill at least one of the three lists. The times are days with an offset, and
        filter by the last modification. The handbook says that times alone suffice;
        the page says that a list is required, which is what is checked here.

        effect: read; evidence: partial
        """
        ...

    @property
    def query_ef_service(self) -> SkuQueryEfService:
        """Look up the eBay fulfilment services of SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    @property
    def setup_ef_service(self) -> SkuSetupEfService:
        """Set up the eBay fulfilment services of a SKU.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...


class StockAge(Protocol):
    def __call__(self, data: StockAgeData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockAgeAnswer:
        """Read how old the stock of SKUs is.

        Only the paging fields are known. It is not known how SKUs are named: the next
        field of the request begins with s. Fields that you send beside the paging are
        not checked.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: StockAgeData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockAgeData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class StockMovement(Protocol):
    def __call__(self, data: StockMovementData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockMovementAnswer:
        """Read the movements in the stock of SKUs, by region and stock status.

        By a list of SKUs, by a time window, or both. Stock can be read by
        OrangeConnex's SKU id only. Read the field names of the answer
        case-insensitively: they are known from one client, which reads several
        spellings.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: StockMovementData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockMovementData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[StockMovementRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class StockSnapshot(Protocol):
    def __call__(self, data: StockSnapshotData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockSnapshotAnswer:
        """Read how many pieces are in stock now, by SKU, region and stock status.

        The answer comes in pages and has no known total: a client stops at a page
        with fewer rows than `pageSize`. Send SKU ids where you can. The vendor's page
        seems to require one, though a client gets answers with an empty list and a
        region. A SKU in several warehouses has a row for each. Stock can be read by
        OrangeConnex's SKU id only.

        effect: read; evidence: partial
        """
        ...

    def plan(self, data: StockSnapshotData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockSnapshotData = {}, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[StockSnapshotRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class StockOperations(Protocol):
    """The operations stock.*"""

    @property
    def age(self) -> StockAge:
        """Read how old the stock of SKUs is.

        Only the paging fields are known. It is not known how SKUs are named: the next
        field of the request begins with s. Fields that you send beside the paging are
        not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def movement(self) -> StockMovement:
        """Read the movements in the stock of SKUs, by region and stock status.

        By a list of SKUs, by a time window, or both. Stock can be read by
        OrangeConnex's SKU id only. Read the field names of the answer
        case-insensitively: they are known from one client, which reads several
        spellings.

        effect: read; evidence: partial
        """
        ...

    @property
    def snapshot(self) -> StockSnapshot:
        """Read how many pieces are in stock now, by SKU, region and stock status.

        The answer comes in pages and has no known total: a client stops at a page
        with fewer rows than `pageSize`. Send SKU ids where you can. The vendor's page
        seems to require one, though a client gets answers with an empty list and a
        region. A SKU in several warehouses has a row for each. Stock can be read by
        OrangeConnex's SKU id only.

        effect: read; evidence: partial
        """
        ...


class VasCancel(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasCancelAnswer:
        """Cancel an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: cancel; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class VasCreate(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasCreateAnswer:
        """Order value-added services of the warehouse.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class VasQuery(Protocol):
    def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasQueryAnswer:
        """Look up an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class VasOperations(Protocol):
    """The operations vas.*"""

    @property
    def cancel(self) -> VasCancel:
        """Cancel an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: cancel; evidence: announced
        """
        ...

    @property
    def create(self) -> VasCreate:
        """Order value-added services of the warehouse.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    @property
    def query(self) -> VasQuery:
        """Look up an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...


class WarehouseServices(Protocol):
    def __call__(self, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> WarehouseServicesAnswer:
        """List the warehouse regions and their shipping services.

        outbound.create and pricing.estimate need its values: send `serviceRegion` and
        `shippingServiceCode` exactly as they are here. A service may have several
        names in one language. Requires keys, but no token.

        effect: read; evidence: documented
        """
        ...

    def plan(self, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, resume: str | None = None, threads: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> Iteration[WarehouseServicesRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class WarehouseOperations(Protocol):
    """The operations warehouse.*"""

    @property
    def services(self) -> WarehouseServices:
        """List the warehouse regions and their shipping services.

        outbound.create and pricing.estimate need its values: send `serviceRegion` and
        `shippingServiceCode` exactly as they are here. A service may have several
        names in one language. Requires keys, but no token.

        effect: read; evidence: documented
        """
        ...


class WebhookOutbound(Protocol):
    def receive(self, body: bytes | str | WebhookOutboundData, headers: Mapping[str, str] | None = None) -> WebhookOutboundData:
        """Receive news about outbound orders from OrangeConnex.

        OrangeConnex sends it to you; you do not call it. Neither its content nor
        whether it is signed is known. So treat a delivery as a hint: trust no field
        of it, read the order with outbound.query before you act, and expect
        duplicates.

        effect: read; evidence: announced
        """
        ...


class WebhookOperations(Protocol):
    """The operations webhook.*"""

    @property
    def outbound(self) -> WebhookOutbound:
        """Receive news about outbound orders from OrangeConnex.

        OrangeConnex sends it to you; you do not call it. Neither its content nor
        whether it is signed is known. So treat a delivery as a hint: trust no field
        of it, read the order with outbound.query before you act, and expect
        duplicates.

        effect: read; evidence: announced
        """
        ...


class Ops(Protocol):
    """All operations, by group."""

    @property
    def finance(self) -> FinanceOperations:
        """The operations finance.*"""
        ...

    @property
    def inbound(self) -> InboundOperations:
        """The operations inbound.*"""
        ...

    @property
    def oauth(self) -> OauthOperations:
        """The operations oauth.*"""
        ...

    @property
    def outbound(self) -> OutboundOperations:
        """The operations outbound.*"""
        ...

    @property
    def pricing(self) -> PricingOperations:
        """The operations pricing.*"""
        ...

    @property
    def returns(self) -> ReturnsOperations:
        """The operations returns.*"""
        ...

    @property
    def sku(self) -> SkuOperations:
        """The operations sku.*"""
        ...

    @property
    def stock(self) -> StockOperations:
        """The operations stock.*"""
        ...

    @property
    def vas(self) -> VasOperations:
        """The operations vas.*"""
        ...

    @property
    def warehouse(self) -> WarehouseOperations:
        """The operations warehouse.*"""
        ...

    @property
    def webhook(self) -> WebhookOperations:
        """The operations webhook.*"""
        ...


class AsyncFinanceFees(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> FinanceFeesAnswer:
        """Read the details of fees.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncFinanceOperations(Protocol):
    """The operations finance.*"""

    @property
    def fees(self) -> AsyncFinanceFees:
        """Read the details of fees.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...


class AsyncInboundCreate(Protocol):
    async def __call__(self, data: InboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> InboundCreateAnswer:
        """Announce a shipment to a warehouse before the goods leave.

        One order per call. Shipments by express need no appointment, but their
        tracking numbers (inbound.upload_tracking). All others need an appointment
        at the warehouse, which you book in OrangeConnex's portal afterwards. It is
        not known whether a repeated `sellerInboundNumber` is refused. After an
        unclear failure, look the order up with inbound.detail before you send it
        again.

        effect: create; evidence: partial
        """
        ...

    async def plan(self, data: InboundCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    async def confirm(self, data: InboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[InboundCreateData] | AsyncIterable[InboundCreateData], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[InboundCreateData, InboundCreateAnswerData]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncInboundDetail(Protocol):
    async def __call__(self, data: InboundDetailData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundDetailAnswer:
        """Read inbound orders in full, by number or by time window.

        The times are those of creation or of a change of status. The vendor advises
        to sync at least daily. It is not known whether the times are required
        beside numbers: send both. The page's own description belongs to another
        operation. Any field of the answer may be absent. Some fields are known from
        one client only, which reads several spellings of them.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: InboundDetailData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundDetailData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[InboundDetailRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncInboundLabel(Protocol):
    async def __call__(self, data: InboundLabelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundLabelAnswer:
        """Fetch the carton labels of inbound orders to print them.

        Call it once the orders exist. According to one client, the answer holds a
        URL of the packing list for each order, and a URL of a PDF for each carton.
        The names of these fields are not known.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: InboundLabelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundLabelData, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[InboundLabelRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncInboundList(Protocol):
    async def __call__(self, data: InboundListData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundListAnswer:
        """List inbound orders of up to 7 days in short form.

        Its rows hold less than those of inbound.detail. All that is known comes
        from one client, which partly guesses the answer: read the field names
        case-insensitively. Fields that you send beside the times are not checked.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: InboundListData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: InboundListData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[InboundListRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncInboundUploadClearance(Protocol):
    async def __call__(self, data: InboundUploadClearanceData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundUploadClearanceAnswer:
        """Upload the customs documents of an inbound order.

        Needed when the country of origin is outside Europe, and always when the
        order was created with `needClearanceDoc` true. The known fields do not make
        a complete call: the field that names the order is missing. Fields that you
        send beside them are not checked. It is not known whether `file` holds
        base64 or a URL. inbound.detail shows the files afterwards.

        effect: update; evidence: partial
        """
        ...

    async def plan(self, data: InboundUploadClearanceData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[InboundUploadClearanceData] | AsyncIterable[InboundUploadClearanceData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[InboundUploadClearanceData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncInboundUploadTracking(Protocol):
    async def __call__(self, data: InboundUploadTrackingData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> InboundUploadTrackingAnswer:
        """Add the tracking numbers of an inbound order that is sent by express.

        It is not known whether a second upload replaces the first or adds to it:
        send all parcels at once, and check the result with inbound.detail.

        effect: update; evidence: partial
        """
        ...

    async def plan(self, data: InboundUploadTrackingData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[InboundUploadTrackingData] | AsyncIterable[InboundUploadTrackingData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[InboundUploadTrackingData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncInboundOperations(Protocol):
    """The operations inbound.*"""

    @property
    def create(self) -> AsyncInboundCreate:
        """Announce a shipment to a warehouse before the goods leave.

        One order per call. Shipments by express need no appointment, but their
        tracking numbers (inbound.upload_tracking). All others need an appointment
        at the warehouse, which you book in OrangeConnex's portal afterwards. It is
        not known whether a repeated `sellerInboundNumber` is refused. After an
        unclear failure, look the order up with inbound.detail before you send it
        again.

        effect: create; evidence: partial
        """
        ...

    @property
    def detail(self) -> AsyncInboundDetail:
        """Read inbound orders in full, by number or by time window.

        The times are those of creation or of a change of status. The vendor advises
        to sync at least daily. It is not known whether the times are required
        beside numbers: send both. The page's own description belongs to another
        operation. Any field of the answer may be absent. Some fields are known from
        one client only, which reads several spellings of them.

        effect: read; evidence: partial
        """
        ...

    @property
    def label(self) -> AsyncInboundLabel:
        """Fetch the carton labels of inbound orders to print them.

        Call it once the orders exist. According to one client, the answer holds a
        URL of the packing list for each order, and a URL of a PDF for each carton.
        The names of these fields are not known.

        effect: read; evidence: partial
        """
        ...

    @property
    def list(self) -> AsyncInboundList:
        """List inbound orders of up to 7 days in short form.

        Its rows hold less than those of inbound.detail. All that is known comes
        from one client, which partly guesses the answer: read the field names
        case-insensitively. Fields that you send beside the times are not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def upload_clearance(self) -> AsyncInboundUploadClearance:
        """Upload the customs documents of an inbound order.

        Needed when the country of origin is outside Europe, and always when the
        order was created with `needClearanceDoc` true. The known fields do not make
        a complete call: the field that names the order is missing. Fields that you
        send beside them are not checked. It is not known whether `file` holds
        base64 or a URL. inbound.detail shows the files afterwards.

        effect: update; evidence: partial
        """
        ...

    @property
    def upload_tracking(self) -> AsyncInboundUploadTracking:
        """Add the tracking numbers of an inbound order that is sent by express.

        It is not known whether a second upload replaces the first or adds to it:
        send all parcels at once, and check the result with inbound.detail.

        effect: update; evidence: partial
        """
        ...


class AsyncOauthAuthorize(Protocol):
    async def __call__(self, *, query: OauthAuthorizeQuery, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthAuthorizeAnswer:
        """The page on which a seller allows you to act for them.

        A page for the seller's browser, not a call: ocreg gives you its URL. After
        the seller has logged in and agreed, the browser is redirected to
        `redirect_uri?act=getAuthorizationCode&code=...&state=...`. The code arrives
        percent-encoded twice; `oauth.token` accepts it in any form.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, *, query: OauthAuthorizeQuery, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncOauthRefresh(Protocol):
    async def __call__(self, *, query: OauthRefreshQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthRefreshAnswer:
        """Obtain a new access token with the refresh token.

        Parameters and answer are as in `oauth.token`. If the answer has no
        `refresh_token`, the old one stays valid. Old clients also send the keys in
        the header `Authorization: Bearer base64(clientKey:secretKey)`; so does
        ocreg with the setting `oauth_secret`.

        effect: create; evidence: documented
        """
        ...

    async def plan(self, *, query: OauthRefreshQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncOauthToken(Protocol):
    async def __call__(self, *, query: OauthTokenQuery, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OauthTokenAnswer:
        """Obtain the first access and refresh token with an authorization code.

        Everything is sent in the query string; there is no body, no signature and
        no envelope. The access token is valid for 3600 seconds, the refresh token
        for a year. A body with `error` and without a token is a failure, whatever
        the HTTP status. A body with a token is returned unchecked, so that no token
        is lost.

        effect: create; evidence: documented
        """
        ...

    async def plan(self, *, query: OauthTokenQuery, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncOauthOperations(Protocol):
    """The operations oauth.*"""

    @property
    def authorize(self) -> AsyncOauthAuthorize:
        """The page on which a seller allows you to act for them.

        A page for the seller's browser, not a call: ocreg gives you its URL. After
        the seller has logged in and agreed, the browser is redirected to
        `redirect_uri?act=getAuthorizationCode&code=...&state=...`. The code arrives
        percent-encoded twice; `oauth.token` accepts it in any form.

        effect: read; evidence: partial
        """
        ...

    @property
    def refresh(self) -> AsyncOauthRefresh:
        """Obtain a new access token with the refresh token.

        Parameters and answer are as in `oauth.token`. If the answer has no
        `refresh_token`, the old one stays valid. Old clients also send the keys in
        the header `Authorization: Bearer base64(clientKey:secretKey)`; so does
        ocreg with the setting `oauth_secret`.

        effect: create; evidence: documented
        """
        ...

    @property
    def token(self) -> AsyncOauthToken:
        """Obtain the first access and refresh token with an authorization code.

        Everything is sent in the query string; there is no body, no signature and
        no envelope. The access token is valid for 3600 seconds, the refresh token
        for a year. A body with `error` and without a token is a failure, whatever
        the HTTP status. A body with a token is returned unchecked, so that no token
        is lost.

        effect: create; evidence: documented
        """
        ...


class AsyncOutboundCancel(Protocol):
    async def __call__(self, data: OutboundCancelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCancelAnswer:
        """Cancel an outbound order that the seller no longer wants shipped.

        One order per call. In general, an order cannot be cancelled once it has been
        picked. It is not known whether code 0 means "cancelled" or "requested": check
        the order's status with outbound.query.

        effect: cancel; evidence: documented
        """
        ...

    async def plan(self, data: OutboundCancelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[OutboundCancelData] | AsyncIterable[OutboundCancelData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[OutboundCancelData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncOutboundCreate(Protocol):
    async def __call__(self, data: OutboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> OutboundCreateAnswer:
        """Place orders for OrangeConnex to ship; every accepted one becomes a real parcel.

        Up to 50 orders in one request. Match the answer's rows to your orders by
        `referenceNumber`. It is not known whether a repeated `referenceNumber` is
        refused: after an unclear failure, look the order up with outbound.query
        before you send it again.

        effect: create; evidence: partial
        """
        ...

    async def plan(self, data: OutboundCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    async def confirm(self, data: OutboundCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[OutboundCreateItem] | AsyncIterable[OutboundCreateItem], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[OutboundCreateItem, OutboundCreateRow]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncOutboundCreateThirdPartyLabel(Protocol):
    async def __call__(self, data: OutboundCreateThirdPartyLabelData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundCreateThirdPartyLabelAnswer:
        """Place orders that ship with a third party's label.

        Little is known: two fields of an order, and that a third begins with
        serviceCo. Other fields that you send are not checked. It is assumed to
        create real parcels, as outbound.create does.

        effect: create; evidence: partial
        """
        ...

    async def plan(self, data: OutboundCreateThirdPartyLabelData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[OutboundCreateThirdPartyLabelItem] | AsyncIterable[OutboundCreateThirdPartyLabelItem], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[OutboundCreateThirdPartyLabelItem, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncOutboundFreightTrial(Protocol):
    async def __call__(self, data: OutboundFreightTrialData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundFreightTrialAnswer:
        """Ask what shipping would cost, with the result in the same answer.

        According to its title, it does in one call what pricing.estimate and
        pricing.result do in two. Only the first field of the request is known;
        other fields that you send are not checked.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: OutboundFreightTrialData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: OutboundFreightTrialData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncOutboundQuery(Protocol):
    async def __call__(self, data: OutboundQueryData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> OutboundQueryAnswer:
        """Find outbound orders, with status, carrier, tracking numbers and fees.

        By lists of numbers, or by a time window of creation. Fees are estimates until
        the goods leave the warehouse; afterwards they are the actual charges. The
        result includes orders that OrangeConnex imported from eBay automatically
        (`autoFulfillmentEF`).

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: OutboundQueryData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: OutboundQueryData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[OutboundQueryRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncOutboundOperations(Protocol):
    """The operations outbound.*"""

    @property
    def cancel(self) -> AsyncOutboundCancel:
        """Cancel an outbound order that the seller no longer wants shipped.

        One order per call. In general, an order cannot be cancelled once it has been
        picked. It is not known whether code 0 means "cancelled" or "requested": check
        the order's status with outbound.query.

        effect: cancel; evidence: documented
        """
        ...

    @property
    def create(self) -> AsyncOutboundCreate:
        """Place orders for OrangeConnex to ship; every accepted one becomes a real parcel.

        Up to 50 orders in one request. Match the answer's rows to your orders by
        `referenceNumber`. It is not known whether a repeated `referenceNumber` is
        refused: after an unclear failure, look the order up with outbound.query
        before you send it again.

        effect: create; evidence: partial
        """
        ...

    @property
    def create_third_party_label(self) -> AsyncOutboundCreateThirdPartyLabel:
        """Place orders that ship with a third party's label.

        Little is known: two fields of an order, and that a third begins with
        serviceCo. Other fields that you send are not checked. It is assumed to
        create real parcels, as outbound.create does.

        effect: create; evidence: partial
        """
        ...

    @property
    def freight_trial(self) -> AsyncOutboundFreightTrial:
        """Ask what shipping would cost, with the result in the same answer.

        According to its title, it does in one call what pricing.estimate and
        pricing.result do in two. Only the first field of the request is known;
        other fields that you send are not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def query(self) -> AsyncOutboundQuery:
        """Find outbound orders, with status, carrier, tracking numbers and fees.

        By lists of numbers, or by a time window of creation. Fees are estimates until
        the goods leave the warehouse; afterwards they are the actual charges. The
        result includes orders that OrangeConnex imported from eBay automatically
        (`autoFulfillmentEF`).

        effect: read; evidence: partial
        """
        ...


class AsyncPricingEstimate(Protocol):
    async def __call__(self, data: PricingEstimateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> PricingEstimateAnswer:
        """Ask what shipping one parcel would cost; pricing.result returns the result.

        One parcel per request, under a `referenceId` of your own that is new for each
        request; call pricing.result with the same one. Nothing is shipped. It is not
        known whether a `referenceId` may be used again: repeat with a new one. The
        page's list of regions has AU-Sydney and AU-Melbourne, its example AU: send
        what warehouse.services returns.

        effect: create; evidence: partial
        """
        ...

    async def plan(self, data: PricingEstimateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    async def confirm(self, data: PricingEstimateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> PricingEstimateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[PricingEstimateData] | AsyncIterable[PricingEstimateData], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[PricingEstimateData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncPricingResult(Protocol):
    async def __call__(self, data: PricingResultData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> PricingResultAnswer:
        """Read the result of pricing.estimate, the fees per shipping service.

        A call that you make, not a webhook. `errors` may concern single services and
        come together with good `data`. Each of its items has channelCode,
        productOuterCode, productOuterName, errorMessage and success instead of the
        usual fields.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: PricingResultData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: PricingResultData, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[PricingResultRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncPricingOperations(Protocol):
    """The operations pricing.*"""

    @property
    def estimate(self) -> AsyncPricingEstimate:
        """Ask what shipping one parcel would cost; pricing.result returns the result.

        One parcel per request, under a `referenceId` of your own that is new for each
        request; call pricing.result with the same one. Nothing is shipped. It is not
        known whether a `referenceId` may be used again: repeat with a new one. The
        page's list of regions has AU-Sydney and AU-Melbourne, its example AU: send
        what warehouse.services returns.

        effect: create; evidence: partial
        """
        ...

    @property
    def result(self) -> AsyncPricingResult:
        """Read the result of pricing.estimate, the fees per shipping service.

        A call that you make, not a webhook. `errors` may concern single services and
        come together with good `data`. Each of its items has channelCode,
        productOuterCode, productOuterName, errorMessage and success instead of the
        usual fields.

        effect: read; evidence: partial
        """
        ...


class AsyncReturnsCancel(Protocol):
    async def __call__(self, data: ReturnsCancelData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsCancelAnswer:
        """Cancel a return order, or update the tracking of a return.

        According to its title, one call serves two purposes. It is not known how it
        tells them apart, so treat every call as a cancellation. One field is known;
        other fields that you send are not checked. It is not known which access
        token this operation needs. ocreg sends the setting `returns_access_token` if
        it is set, otherwise the usual token.

        effect: cancel; evidence: partial
        """
        ...

    async def plan(self, data: ReturnsCancelData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def call_many(self, items: Iterable[ReturnsCancelData] | AsyncIterable[ReturnsCancelData], *, size: int | None = None, on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[ReturnsCancelData, Any]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncReturnsCreate(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsCreateAnswer:
        """Submit a return order from an ERP.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncReturnsLabel(Protocol):
    async def __call__(self, *, query: ReturnsLabelQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsLabelAnswer:
        """Fetch the label of a return.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, *, query: ReturnsLabelQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, query: ReturnsLabelQuery = {}, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncReturnsLinkStock(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsLinkStockAnswer:
        """Link returned goods in stock to a product.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncReturnsQuery(Protocol):
    async def __call__(self, *, query: ReturnsQueryQuery = {}, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsQueryAnswer:
        """Find return orders.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, *, query: ReturnsQueryQuery = {}, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, query: ReturnsQueryQuery = {}, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncReturnsStock(Protocol):
    async def __call__(self, data: ReturnsStockData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsStockAnswer:
        """Read the stock of returned goods.

        One field is known. A second one begins with uniqueIdLis: probably a list of
        ids of the kind that `serviceType` names, but neither its name nor its form is
        certain. Fields that you send beside serviceType are not checked. It is not
        known which access token this operation needs. ocreg sends the setting
        `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: ReturnsStockData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: ReturnsStockData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncReturnsToken(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> ReturnsTokenAnswer:
        """Get an access token, probably for the return operations.

        The vendor lists it among the return operations, apart from oauth.token. It is
        not known whether the two are the same.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncReturnsOperations(Protocol):
    """The operations returns.*"""

    @property
    def cancel(self) -> AsyncReturnsCancel:
        """Cancel a return order, or update the tracking of a return.

        According to its title, one call serves two purposes. It is not known how it
        tells them apart, so treat every call as a cancellation. One field is known;
        other fields that you send are not checked. It is not known which access
        token this operation needs. ocreg sends the setting `returns_access_token` if
        it is set, otherwise the usual token.

        effect: cancel; evidence: partial
        """
        ...

    @property
    def create(self) -> AsyncReturnsCreate:
        """Submit a return order from an ERP.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    @property
    def label(self) -> AsyncReturnsLabel:
        """Fetch the label of a return.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def link_stock(self) -> AsyncReturnsLinkStock:
        """Link returned goods in stock to a product.

        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    @property
    def query(self) -> AsyncReturnsQuery:
        """Find return orders.

        Only method and path are known. There are query parameters, but their names
        are not known: send the ones that OrangeConnex gave you. They are not checked.
        It is not known which access token this operation needs. ocreg sends the
        setting `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def stock(self) -> AsyncReturnsStock:
        """Read the stock of returned goods.

        One field is known. A second one begins with uniqueIdLis: probably a list of
        ids of the kind that `serviceType` names, but neither its name nor its form is
        certain. Fields that you send beside serviceType are not checked. It is not
        known which access token this operation needs. ocreg sends the setting
        `returns_access_token` if it is set, otherwise the usual token.

        effect: read; evidence: partial
        """
        ...

    @property
    def token(self) -> AsyncReturnsToken:
        """Get an access token, probably for the return operations.

        The vendor lists it among the return operations, apart from oauth.token. It is
        not known whether the two are the same.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...


class AsyncSkuCreate(Protocol):
    async def __call__(self, data: SkuCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, on_unknown: Literal["raise", "confirm"] = "raise", unknown: Iterable[str] = ()) -> SkuCreateAnswer:
        """Create SKUs; each one is a draft until the seller completes it and OrangeConnex approves it.

        Creates drafts only. The seller must complete and submit a SKU in the portal,
        and OrangeConnex must approve it, before it can be stocked or ordered. 17 of
        31 fields are known; the others are not checked.

        effect: create; evidence: partial
        """
        ...

    async def plan(self, data: SkuCreateData, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    async def confirm(self, data: SkuCreateData, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuCreateAnswer:
        """Send a create that a crashed process may have sent: it is looked up first."""
        ...

    def call_many(self, items: Iterable[SkuCreateItem] | AsyncIterable[SkuCreateItem], *, size: int | None = None, on_unknown: Literal["raise", "confirm"] = "raise", on_failure: Literal["go_on", "stop"] = "go_on", concurrency: int = 1, unknown: Iterable[str] = ()) -> AsyncSending[SkuCreateItem, dict[str, Any]]:
        """Send any number of items; returns the outcome of each, in order."""
        ...


class AsyncSkuLabel(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuLabelAnswer:
        """Print labels for SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncSkuQuery(Protocol):
    async def __call__(self, data: SkuQueryData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuQueryAnswer:
        """Find SKUs by their ids, with names, pictures, batteries and files.

        Fill at least one of the three lists. The times are days with an offset, and
        filter by the last modification. The handbook says that times alone suffice;
        the page says that a list is required, which is what is checked here.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: SkuQueryData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: SkuQueryData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[SkuQueryRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncSkuQueryEfService(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuQueryEfServiceAnswer:
        """Look up the eBay fulfilment services of SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncSkuSetupEfService(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> SkuSetupEfServiceAnswer:
        """Set up the eBay fulfilment services of a SKU.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncSkuOperations(Protocol):
    """The operations sku.*"""

    @property
    def create(self) -> AsyncSkuCreate:
        """Create SKUs; each one is a draft until the seller completes it and OrangeConnex approves it.

        Creates drafts only. The seller must complete and submit a SKU in the portal,
        and OrangeConnex must approve it, before it can be stocked or ordered. 17 of
        31 fields are known; the others are not checked.

        effect: create; evidence: partial
        """
        ...

    @property
    def label(self) -> AsyncSkuLabel:
        """Print labels for SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    @property
    def query(self) -> AsyncSkuQuery:
        """Find SKUs by their ids, with names, pictures, batteries and files.

        Fill at least one of the three lists. The times are days with an offset, and
        filter by the last modification. The handbook says that times alone suffice;
        the page says that a list is required, which is what is checked here.

        effect: read; evidence: partial
        """
        ...

    @property
    def query_ef_service(self) -> AsyncSkuQueryEfService:
        """Look up the eBay fulfilment services of SKUs.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    @property
    def setup_ef_service(self) -> AsyncSkuSetupEfService:
        """Set up the eBay fulfilment services of a SKU.

        It cannot be called yet, because its path is not known.

        effect: update; evidence: announced
        """
        ...


class AsyncStockAge(Protocol):
    async def __call__(self, data: StockAgeData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockAgeAnswer:
        """Read how old the stock of SKUs is.

        Only the paging fields are known. It is not known how SKUs are named: the next
        field of the request begins with s. Fields that you send beside the paging are
        not checked.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: StockAgeData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockAgeData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[Any]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncStockMovement(Protocol):
    async def __call__(self, data: StockMovementData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockMovementAnswer:
        """Read the movements in the stock of SKUs, by region and stock status.

        By a list of SKUs, by a time window, or both. Stock can be read by
        OrangeConnex's SKU id only. Read the field names of the answer
        case-insensitively: they are known from one client, which reads several
        spellings.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: StockMovementData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockMovementData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[StockMovementRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncStockSnapshot(Protocol):
    async def __call__(self, data: StockSnapshotData = {}, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> StockSnapshotAnswer:
        """Read how many pieces are in stock now, by SKU, region and stock status.

        The answer comes in pages and has no known total: a client stops at a page
        with fewer rows than `pageSize`. Send SKU ids where you can. The vendor's page
        seems to require one, though a client gets answers with an empty list and a
        region. A SKU in several warehouses has a row for each. Stock can be read by
        OrangeConnex's SKU id only.

        effect: read; evidence: partial
        """
        ...

    async def plan(self, data: StockSnapshotData = {}, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, data: StockSnapshotData = {}, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[StockSnapshotRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncStockOperations(Protocol):
    """The operations stock.*"""

    @property
    def age(self) -> AsyncStockAge:
        """Read how old the stock of SKUs is.

        Only the paging fields are known. It is not known how SKUs are named: the next
        field of the request begins with s. Fields that you send beside the paging are
        not checked.

        effect: read; evidence: partial
        """
        ...

    @property
    def movement(self) -> AsyncStockMovement:
        """Read the movements in the stock of SKUs, by region and stock status.

        By a list of SKUs, by a time window, or both. Stock can be read by
        OrangeConnex's SKU id only. Read the field names of the answer
        case-insensitively: they are known from one client, which reads several
        spellings.

        effect: read; evidence: partial
        """
        ...

    @property
    def snapshot(self) -> AsyncStockSnapshot:
        """Read how many pieces are in stock now, by SKU, region and stock status.

        The answer comes in pages and has no known total: a client stops at a page
        with fewer rows than `pageSize`. Send SKU ids where you can. The vendor's page
        seems to require one, though a client gets answers with an empty list and a
        region. A SKU in several warehouses has a row for each. Stock can be read by
        OrangeConnex's SKU id only.

        effect: read; evidence: partial
        """
        ...


class AsyncVasCancel(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasCancelAnswer:
        """Cancel an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: cancel; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncVasCreate(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasCreateAnswer:
        """Order value-added services of the warehouse.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncVasQuery(Protocol):
    async def __call__(self, data: Any = None, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> VasQueryAnswer:
        """Look up an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...

    async def plan(self, data: Any = None, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...


class AsyncVasOperations(Protocol):
    """The operations vas.*"""

    @property
    def cancel(self) -> AsyncVasCancel:
        """Cancel an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: cancel; evidence: announced
        """
        ...

    @property
    def create(self) -> AsyncVasCreate:
        """Order value-added services of the warehouse.

        It cannot be called yet, because its path is not known.

        effect: create; evidence: announced
        """
        ...

    @property
    def query(self) -> AsyncVasQuery:
        """Look up an order of value-added services.

        It cannot be called yet, because its path is not known.

        effect: read; evidence: announced
        """
        ...


class AsyncWarehouseServices(Protocol):
    async def __call__(self, *, message_id: str | None = None, timeout: Timeout | None = None, unknown: Iterable[str] = ()) -> WarehouseServicesAnswer:
        """List the warehouse regions and their shipping services.

        outbound.create and pricing.estimate need its values: send `serviceRegion` and
        `shippingServiceCode` exactly as they are here. A service may have several
        names in one language. Requires keys, but no token.

        effect: read; evidence: documented
        """
        ...

    async def plan(self, *, message_id: str | None = None, show_sensitive: bool = False, unknown: Iterable[str] = ()) -> dict[str, Any]:
        """What would be sent, without sending it."""
        ...

    def iterate(self, *, resume: str | None = None, concurrency: int = 1, progress: Callable[[Progress], None] | None = None, unknown: Iterable[str] = ()) -> AsyncIteration[WarehouseServicesRow]:
        """All rows, one by one, beyond the limits of one request."""
        ...


class AsyncWarehouseOperations(Protocol):
    """The operations warehouse.*"""

    @property
    def services(self) -> AsyncWarehouseServices:
        """List the warehouse regions and their shipping services.

        outbound.create and pricing.estimate need its values: send `serviceRegion` and
        `shippingServiceCode` exactly as they are here. A service may have several
        names in one language. Requires keys, but no token.

        effect: read; evidence: documented
        """
        ...


class AsyncWebhookOutbound(Protocol):
    def receive(self, body: bytes | str | WebhookOutboundData, headers: Mapping[str, str] | None = None) -> WebhookOutboundData:
        """Receive news about outbound orders from OrangeConnex.

        OrangeConnex sends it to you; you do not call it. Neither its content nor
        whether it is signed is known. So treat a delivery as a hint: trust no field
        of it, read the order with outbound.query before you act, and expect
        duplicates.

        effect: read; evidence: announced
        """
        ...


class AsyncWebhookOperations(Protocol):
    """The operations webhook.*"""

    @property
    def outbound(self) -> AsyncWebhookOutbound:
        """Receive news about outbound orders from OrangeConnex.

        OrangeConnex sends it to you; you do not call it. Neither its content nor
        whether it is signed is known. So treat a delivery as a hint: trust no field
        of it, read the order with outbound.query before you act, and expect
        duplicates.

        effect: read; evidence: announced
        """
        ...


class AsyncOps(Protocol):
    """All operations, by group."""

    @property
    def finance(self) -> AsyncFinanceOperations:
        """The operations finance.*"""
        ...

    @property
    def inbound(self) -> AsyncInboundOperations:
        """The operations inbound.*"""
        ...

    @property
    def oauth(self) -> AsyncOauthOperations:
        """The operations oauth.*"""
        ...

    @property
    def outbound(self) -> AsyncOutboundOperations:
        """The operations outbound.*"""
        ...

    @property
    def pricing(self) -> AsyncPricingOperations:
        """The operations pricing.*"""
        ...

    @property
    def returns(self) -> AsyncReturnsOperations:
        """The operations returns.*"""
        ...

    @property
    def sku(self) -> AsyncSkuOperations:
        """The operations sku.*"""
        ...

    @property
    def stock(self) -> AsyncStockOperations:
        """The operations stock.*"""
        ...

    @property
    def vas(self) -> AsyncVasOperations:
        """The operations vas.*"""
        ...

    @property
    def warehouse(self) -> AsyncWarehouseOperations:
        """The operations warehouse.*"""
        ...

    @property
    def webhook(self) -> AsyncWebhookOperations:
        """The operations webhook.*"""
        ...
